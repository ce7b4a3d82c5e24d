"""A contract's rows to core values: the same for documents of the site and for the JSON of the preview endpoint.

Rows are mappings with the field names of the DocTypes Billing Contract, Billing Contract Line, Billing Amendment and
Billing Amendment Line. What is missing takes the DocType's default. Dates are dates or ISO strings and, as on
documents, the last day of service is included; numbers are numbers or strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from billing_ext.core.contract import (
	AddLine,
	Amendment,
	Change,
	ChangeTerms,
	Contract,
	ContractLine,
	CorrectionBilling,
	CreditHandling,
	EndLine,
	FirstPeriod,
	Revision,
	Terminate,
	Terms,
	Timing,
	amend,
)
from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.core.period import ONE_DAY, Grid, Interval, Unit
from billing_ext.core.proration import Proration
from billing_ext.repositories.money import to_decimal

Row = Mapping[str, Any]
E = TypeVar("E", bound=Enum)


class Alignment(Enum):
	"""Where the grid of billing periods is anchored."""

	CONTRACT_START = "Contract Start"
	LINE_START = "Line Start"
	BILLING_DAY = "Billing Day"
	CALENDAR = "Calendar"


class LineChange(Enum):
	"""Kinds of rows of an amendment."""

	CHANGE_TERMS = "Change Terms"
	ADD_LINE = "Add Line"
	END_LINE = "End Line"
	REPLACE_LINE = "Replace Line"
	CHANGE_CADENCE = "Change Cadence"


class AmendmentType(Enum):
	"""Kinds of amendments."""

	CHANGE_LINES = "Change Lines"
	TERMINATE = "Terminate Contract"


class LineType(Enum):
	"""How often a line is billed."""

	RECURRING = "Recurring"
	ONE_OFF = "One-off"


class Applies(Enum):
	"""When a change of terms takes effect."""

	ON_DATE = "On Effective Date"
	NEXT_PERIOD = "At Next Billing Period"


MOST = Decimal(10) ** 12
"""Numbers beyond a thousand billion are slips of the pen, and more than the database holds."""


def contract_from(
	contract: Row, lines: Iterable[Row], amendments: Iterable[Row], currency: Currency
) -> Contract:
	"""The contract as its amendments leave it. ``amendments`` have their own rows under ``lines``.

	Raises DomainError, naming field and row, for what cannot be read, and what ``core.contract.amend`` raises.
	"""
	rows: dict[str, Row] = {}
	for row in lines:
		if line_id(row) in rows:
			raise DomainError("duplicate_line", line=line_id(row))
		rows[line_id(row)] = row
	base = Contract(
		id=str(contract.get("name") or ""),
		currency=currency,
		lines=tuple(line_from(contract, row) for row in rows.values()),
		proration=option(Proration, contract, "proration", Proration.ACTUAL),
		first_period=option(FirstPeriod, contract, "first_period", FirstPeriod.PRORATE),
		correction_billing=option(
			CorrectionBilling, contract, "correction_billing", CorrectionBilling.NEXT_INVOICE
		),
		credit_handling=option(CreditHandling, contract, "credit_handling", CreditHandling.CREDIT_NOTE),
		lead_days=integer(contract, "lead_days"),
	)
	rows = rows | added_rows(rows, amendments)
	return amend(base, tuple(amendment_from(contract, rows, amendment) for amendment in amendments))


def line_from(contract: Row, row: Row) -> ContractLine:
	"""A line; what it leaves open follows the contract."""
	start = day(row, "start_date") or required_day(contract, "start_date")
	one_off = option(LineType, row, "line_type", LineType.RECURRING) is LineType.ONE_OFF
	last_day = None if one_off else day(row, "end_date") or day(contract, "end_date")
	if last_day is not None and last_day < start:
		raise DomainError("end_before_start", line=line_id(row), start=start, end=last_day)
	line = ContractLine(
		id=line_id(row),
		start=start,
		history=(Revision(start, _terms(row)),),
		grid=None if one_off else _grid(contract, row, start),
		price_period=None if one_off else interval(row, contract, "price_period_count", "price_period"),
		timing=option(Timing, row, "timing", None) or option(Timing, contract, "timing", Timing.IN_ADVANCE),
		end=None if last_day is None else last_day + ONE_DAY,
		replaces=str(row.get("replaces") or ""),
	)
	_ = line.price_factor  # raises where the price cannot be spread: now, and not in the first billing night
	return line


def amendment_from(contract: Row, rows: Mapping[str, Row], amendment: Row) -> Amendment:
	"""An amendment; ``rows`` are all lines of the contract by id, those that amendments add included."""
	sequence = integer(amendment, "sequence")
	name = str(amendment.get("name") or f"amendment {sequence}")
	if (
		option(AmendmentType, amendment, "amendment_type", AmendmentType.CHANGE_LINES)
		is AmendmentType.TERMINATE
	):
		last_day = required_day(amendment, "last_service_day")
		return Amendment(name, last_day + ONE_DAY, (Terminate(last_day),), sequence)
	effective = required_day(amendment, "effective_date")
	changes: list[Change] = []
	for change in amendment.get("lines") or ():
		kind = option(LineChange, change, "change", LineChange.CHANGE_TERMS)
		if kind is LineChange.CHANGE_TERMS:
			changes.append(_change_terms(change))
		elif kind is LineChange.END_LINE:
			changes.append(EndLine(target_line(change), required_day(change, "last_service_day")))
		else:
			changes.append(AddLine(line_from(contract, rows[line_id(change)])))
	return Amendment(name, effective, tuple(changes), sequence)


def added_rows(rows: Mapping[str, Row], amendments: Iterable[Row]) -> dict[str, Row]:
	"""The line rows that amendments add, by id.

	A successor inherits what it leaves open from the line it replaces, but not its terms: those may have changed.
	"""
	added: dict[str, Row] = {}
	for amendment in sorted(amendments, key=lambda row: str(row.get("effective_date") or "")):
		for change in amendment.get("lines") or ():
			kind = option(LineChange, change, "change", LineChange.CHANGE_TERMS)
			if kind is LineChange.ADD_LINE:
				added[line_id(change)] = _new_row(change, {}, amendment)
			elif kind in (LineChange.REPLACE_LINE, LineChange.CHANGE_CADENCE):
				old = rows.get(target_line(change)) or added.get(target_line(change))
				if old is None:
					raise DomainError("unknown_line", line=target_line(change), contract="")
				if change.get("new_price") is None:
					raise DomainError("new_price_missing", line=target_line(change))
				added[line_id(change)] = _new_row(change, old, amendment)
	return added


_OF_THE_LINE = (
	"line_type", "billing_interval_count", "billing_interval", "timing", "price_period_count", "price_period",
	"cost_center", "project", "end_date", "anchor_date",
)  # fmt: skip
_OF_THE_ITEM = ("item_code", "item_name", "description", "uom", "income_account", "item_tax_template")


def _new_row(change: Row, old: Row, amendment: Row) -> Row:
	same_item = change.get("item_code") in (None, "", old.get("item_code"))
	inherited = (*_OF_THE_LINE, *_OF_THE_ITEM) if same_item else _OF_THE_LINE
	row = {field: change.get(field) for field in _OF_THE_ITEM}
	row |= {field: change.get(field) or old.get(field) for field in inherited}
	if change.get("change") == LineChange.CHANGE_CADENCE.value:
		row["anchor_date"] = change.get("anchor_date")
	return {
		**row,
		"name": line_id(change),
		"start_date": amendment.get("effective_date"),
		"price": change.get("new_price"),
		"quantity": change.get("new_quantity"),
		"discount_percentage": change.get("new_discount_percentage"),
		"replaces": target_line(change) if old else "",
	}


def _change_terms(change: Row) -> ChangeTerms:
	"""A saved row says which fields it sets; JSON sets those that it gives."""

	def new(field: str, flag: str) -> Decimal | None:
		given = change[flag] if change.get(flag) is not None else change.get(field) is not None
		return number(change, field) if given else None

	return ChangeTerms(
		line=target_line(change),
		price=new("new_price", "sets_price"),
		quantity=new("new_quantity", "sets_quantity"),
		discount=_percentage(new("new_discount_percentage", "sets_discount"), change),
		at_boundary=option(Applies, change, "applies", Applies.ON_DATE) is Applies.NEXT_PERIOD,
	)


def _terms(row: Row) -> Terms:
	return Terms(
		price=number(row, "price"),
		quantity=Decimal(1) if row.get("quantity") in (None, "") else number(row, "quantity"),
		discount=_percentage(number(row, "discount_percentage"), row) or Decimal(0),
	)


def _percentage(value: Decimal | None, row: Row) -> Decimal | None:
	if value is not None and value > 100:
		raise DomainError("discount_over_100", line=line_id(row), value=value)
	return value


def _grid(contract: Row, row: Row, start: date) -> Grid:
	rhythm = interval(row, contract, "billing_interval_count", "billing_interval")
	alignment = option(Alignment, contract, "alignment", Alignment.CONTRACT_START)
	billing_day = integer(contract, "billing_day") if alignment is Alignment.BILLING_DAY else 0
	anchor = day(row, "anchor_date")
	if anchor is not None:
		return Grid.anchored(anchor, rhythm)
	if alignment is Alignment.CALENDAR:
		return Grid.on_calendar(start, rhythm)
	if alignment is Alignment.LINE_START:
		return Grid.anchored(start, rhythm)
	contract_start = required_day(contract, "start_date")
	if alignment is Alignment.BILLING_DAY and rhythm.months:
		return Grid.on_billing_day(contract_start, rhythm, billing_day)
	return Grid.anchored(contract_start, rhythm)


def interval(row: Row, contract: Row, count_field: str, unit_field: str) -> Interval:
	"""The line's own interval, else the contract's, else a month."""
	unit = option(Unit, row, unit_field, None) or option(Unit, contract, unit_field, Unit.MONTH)
	own = row.get(unit_field) or integer(row, count_field)
	return Interval(integer(row if own else contract, count_field) or 1, unit)


def line_id(row: Row) -> str:
	"""The id of a line: the row's name, or in JSON its ``id``."""
	return str(row.get("name") or row.get("id") or "")


def target_line(change: Row) -> str:
	"""The line that a row of an amendment is about. Raises DomainError ``line_missing``."""
	line = change.get("contract_line")
	if not line:
		raise DomainError("line_missing", row=change.get("idx"))
	return str(line)


def option(kind: type[E], row: Row, field: str, default: E | None) -> E:
	"""The enum's member for a Select value. Raises DomainError ``option`` that lists what is allowed."""
	value = row.get(field)
	if value in (None, ""):
		return default  # type: ignore[return-value]
	try:
		return kind(value)
	except ValueError:
		allowed = [member.value for member in kind]
		raise DomainError("option", field=field, value=value, allowed=allowed) from None


def number(row: Row, field: str) -> Decimal:
	"""A number that is not negative. Raises DomainError ``number`` or ``negative``."""
	value = to_decimal(row.get(field), field)
	if value > MOST:
		raise DomainError("number", field=field, value=row.get(field))
	if value < 0:
		raise DomainError("negative", field=field, value=value, line=line_id(row))
	return value


def integer(row: Row, field: str) -> int:
	"""A whole number, 0 if missing. Raises DomainError ``number`` or ``negative``."""
	value = number(row, field)
	if value != int(value):
		raise DomainError("number", field=field, value=row.get(field))
	return int(value)


def day(row: Row, field: str) -> date | None:
	"""A date, None if missing. Raises DomainError ``date``."""
	value = row.get(field)
	if value in (None, ""):
		return None
	if isinstance(value, datetime):
		return value.date()
	if isinstance(value, date):
		return value
	try:
		return date.fromisoformat(str(value))
	except ValueError:
		raise DomainError("date", field=field, value=value) from None


def required_day(row: Row, field: str) -> date:
	"""A date. Raises DomainError ``date_missing`` or ``date``."""
	value = day(row, field)
	if value is None:
		raise DomainError("date_missing", field=field)
	return value
