"""What another system has billed: the rows of its invoices, read from a CSV file as spreadsheets write it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing_ext.core.errors import DomainError
from billing_ext.core.period import ONE_DAY, Period

COLUMNS = (
	"contract", "line", "service_from", "service_to", "amount", "currency", "invoice", "invoice_date",
)  # fmt: skip
REQUIRED = ("contract", "service_from", "service_to", "amount")
"""The others may be left out: every line is then meant, the contract's currency, and the first day of service."""

DELIMITERS = ";,\t"
DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d")
_MARKS = ".,"
_BLANKS = str.maketrans(
	{" ": "", "\N{NO-BREAK SPACE}": "", "\N{NARROW NO-BREAK SPACE}": "", "'": "", "\N{MINUS SIGN}": "-"}
)


@dataclass(frozen=True, slots=True)
class BilledRow:
	"""An invoice row of the other system; ``number`` is its line in the file, ``amount`` is without tax."""

	number: int
	contract: str
	line: str
	service: Period
	amount: Decimal
	currency: str = ""
	invoice: str = ""
	invoice_date: date | None = None

	@property
	def billed_on(self) -> date:
		"""The day of the invoice; the first day of service where the file does not tell it."""
		return self.invoice_date or self.service.start


@dataclass(frozen=True, slots=True)
class BilledFile:
	"""What a file holds. A row with a problem is not among the rows; ``problems`` name row, column and rule."""

	rows: tuple[BilledRow, ...] = ()
	problems: tuple[DomainError, ...] = ()


def read(text: str) -> BilledFile:
	"""The rows of a CSV file with a header; separated by semicolons, commas or tabs, with decimal point or comma.

	Problems are DomainErrors ``csv_not_text``, ``csv_empty``, ``csv_column_missing``, ``csv_cells``, ``csv_cell_empty``,
	``csv_date``, ``csv_period``, ``csv_amount``.
	"""
	if "\0" in text:
		return BilledFile(problems=(DomainError("csv_not_text"),))
	content = text.lstrip("\ufeff").splitlines(keepends=True)
	header = content[0] if content else ""
	delimiter = max(DELIMITERS, key=header.count)
	reader = csv.reader(content, delimiter=delimiter, skipinitialspace=True)
	columns = [_column(title) for title in next(reader, [])]
	missing = [column for column in REQUIRED if column not in columns]
	if missing:
		return BilledFile(problems=tuple(DomainError("csv_column_missing", column=name) for name in missing))
	lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
	if not lines:
		return BilledFile(problems=(DomainError("csv_empty"),))
	return _rows(columns, lines, delimiter)


def _column(title: str) -> str:
	"""``Service From`` is ``service_from``."""
	return re.sub(r"[\W_]+", "_", title.strip().casefold()).strip("_")


def _rows(columns: list[str], lines: list[tuple[int, list[str]]], delimiter: str) -> BilledFile:
	amounts = [cells[columns.index("amount")] for _, cells in lines if len(cells) > columns.index("amount")]
	mark = decimal_mark(amounts, "," if delimiter == ";" else ".")
	rows, problems = [], []
	for number, cells in lines:
		if any(cell.strip() for cell in cells[len(columns) :]):
			problems.append(DomainError("csv_cells", row=number, delimiter=delimiter))
			continue
		values = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
		try:
			rows.append(_row(number, values, mark))
		except DomainError as problem:
			problems.append(problem)
	return BilledFile(tuple(rows), tuple(problems))


def _row(number: int, values: Mapping[str, str], mark: str) -> BilledRow:
	for column in REQUIRED:
		if not values.get(column):
			raise DomainError("csv_cell_empty", row=number, column=column)
	first, last = (_day(number, column, values[column]) for column in ("service_from", "service_to"))
	if last < first:
		raise DomainError("csv_period", row=number)
	invoice_date = values.get("invoice_date")
	return BilledRow(
		number=number,
		contract=values["contract"],
		line=values.get("line", ""),
		service=Period(first, last + ONE_DAY),
		amount=_amount(number, values["amount"], mark),
		currency=values.get("currency", "").upper(),
		invoice=values.get("invoice", ""),
		invoice_date=_day(number, "invoice_date", invoice_date) if invoice_date else None,
	)


def _day(number: int, column: str, value: str) -> date:
	for form in DATE_FORMATS:
		try:
			return datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no time zone
		except ValueError:
			continue
	raise DomainError("csv_date", row=number, column=column, value=value)


def decimal_mark(amounts: Iterable[str], default: str) -> str:
	"""The mark before the decimals, as most of ``amounts`` show it; ``1.500`` alone does not, then it is ``default``."""
	votes = Counter(mark for mark in map(_evidence, amounts) if mark)
	return votes.most_common(1)[0][0] if votes else default


def _evidence(amount: str) -> str | None:
	"""The decimal mark that an amount proves: the last of two kinds, the one that is not repeated or not before three digits."""
	text = amount.translate(_BLANKS)
	found = [sign for sign in text if sign in _MARKS]
	if not found:
		return None
	if len(set(found)) == 2:
		return found[-1]
	if len(found) > 1:
		return _other(found[0])
	return found[0] if len(text) - text.index(found[0]) != 4 else None


def _other(mark: str) -> str:
	return _MARKS.replace(mark, "")


def _amount(number: int, value: str, mark: str) -> Decimal:
	text, group = value.translate(_BLANKS), _other(mark)
	if not re.fullmatch(rf"[+-]?(\d+|\d{{1,3}}([{group}]\d{{3}})+)([{mark}]\d+)?", text):
		raise DomainError("csv_amount", row=number, value=value)
	return Decimal(text.replace(group, "").replace(mark, "."))
