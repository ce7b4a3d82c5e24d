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

from billing_ext.core.amending import amend
from billing_ext.core.contract import (
	AddLine,
	Amendment,
	Change,
	ChangeTerms,
	Contract,
	ContractLine,
	CorrectionBilling,
	CreditHandling,
	DeclineRenewal,
	EndLine,
	FirstPeriod,
	Pause,
	Renew,
	Resume,
	Revision,
	Terminate,
	Terms,
	Timing,
	UnderchargeHandling,
)
from billing_ext.core.errors import DomainError
from billing_ext.core.money import Currency
from billing_ext.core.period import ONE_DAY, Grid, Interval, Period, Unit
from billing_ext.core.proration import Proration
from billing_ext.core.renewal import term_months
from billing_ext.repositories.money import to_decimal

DRAFT, SUBMITTED, CANCELLED = 0, 1, 2
"""The states of a document, as Frappe numbers them."""

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
	PAUSE = "Pause"
	RESUME = "Resume"
	RENEW = "Renew"
	DECLINE = "Do Not Renew"
	BILLING_DAY = "Change Billing Day"
	TRANSFER = "Transfer"


WITH_LINES = {AmendmentType.CHANGE_LINES, AmendmentType.RENEW, AmendmentType.BILLING_DAY}
"""Types of amendments that have rows."""


class UnusedTime(Enum):
	"""What becomes of service that was billed beyond the end of a terminated contract."""

	CREDIT = "Credit"
	REFUND = "Refund"
	NO_CREDIT = "No Credit"


class Renewal(Enum):
	"""What follows the end of a term."""

	ENDS = "Ends"
	TERM = "Renews for a Term"
	EVERGREEN = "Continues without End"


class LineType(Enum):
	"""How often a line is billed."""

	RECURRING = "Recurring"
	ONE_OFF = "One-off"
	MILESTONES = "Milestones"
	"""Billed in parts, each a one-off line of its own: see repositories.milestones."""
	CREDIT = "Credit"
	"""Given to the customer, and deducted from the contract's invoices."""


class Applies(Enum):
	"""When a change of terms takes effect. The first is settled when the amendment is saved."""

	AS_AGREED = "As the Contract Says"
	ON_DATE = "On Effective Date"
	NEXT_PERIOD = "At Next Billing Period"


MOST = Decimal(10) ** 12
"""Numbers beyond a thousand billion are slips of the pen, and more than the database holds."""


def contract_from(
	contract: Row, lines: Iterable[Row], amendments: Iterable[Row], currency: Currency
) -> Contract:
	"""The contract as its amendments leave it. ``amendments`` have their own rows under ``lines``.

	Raises DomainError, naming field and row, for what cannot be read, and what ``core.amending.amend`` raises.
	"""
	rows: dict[str, Row] = {}
	for row in lines:
		if line_id(row) in rows:
			raise DomainError("duplicate_line", line=line_id(row))
		rows[line_id(row)] = row
	base = Contract(
		id=str(contract.get("name") or ""),
		currency=currency,
		lines=tuple(line_from(contract, row) for row in rows.values() if _is_billed_as_one(row)),
		proration=option(Proration, contract, "proration", Proration.ACTUAL),
		first_period=option(FirstPeriod, contract, "first_period", FirstPeriod.PRORATE),
		correction_billing=option(
			CorrectionBilling, contract, "correction_billing", CorrectionBilling.NEXT_INVOICE
		),
		credit_handling=option(CreditHandling, contract, "credit_handling", CreditHandling.CREDIT_NOTE),
		lead_days=integer(contract, "lead_days"),
		undercharge_handling=option(
			UnderchargeHandling, contract, "undercharge_handling", UnderchargeHandling.NEXT_INVOICE
		),
		start=day(contract, "start_date"),
		term_end=_day_after(contract, "end_date"),
		renews=option(Renewal, contract, "renewal", Renewal.ENDS) is not Renewal.ENDS,
		notice=_notice(contract),
		open_milestones=bool(contract.get("open_milestones")),
		bills_work=bool(contract.get("bill_time") or contract.get("expense_item")),
	)
	rows = rows | added_rows(rows, amendments)
	agreed = tuple(amendment_from(contract, rows, amendment) for amendment in amendments)
	amended = amend(base, (*_ramp(contract, rows), *agreed))
	_check_lines_in_term(amended)
	return amended


def renewal_months(contract: Row) -> int:
	"""The length of a further term: what was agreed, else that of the first; 0 where that is not of whole months."""
	start, term_end = required_day(contract, "start_date"), _day_after(contract, "end_date")
	return integer(contract, "renewal_months") or (term_months(start, term_end) if term_end else 0)


def _is_billed_as_one(row: Row) -> bool:
	return option(LineType, row, "line_type", LineType.RECURRING) is not LineType.MILESTONES


def _notice(contract: Row) -> Interval | None:
	count = integer(contract, "notice_count")
	return Interval(count, option(Unit, contract, "notice_unit", Unit.MONTH)) if count else None


def _check_lines_in_term(contract: Contract) -> None:
	"""Raise DomainError ``end_before_start`` for a line that only starts when the term is over."""
	for line in contract.lines:
		if line.follows_term and line.end is not None and line.end < line.start and not line.ended_by:
			raise DomainError("end_before_start", line=line.id, start=line.start, end=line.end - ONE_DAY)


def _ramp(contract: Row, rows: Mapping[str, Row]) -> list[Amendment]:
	"""The steps that were agreed at signature, as changes of the contract itself."""
	return [
		Amendment("", required_day(step, "effective_date"), (_step(step, rows),))
		for step in contract.get("ramp_steps") or ()
	]


def _step(step: Row, rows: Mapping[str, Row]) -> ChangeTerms:
	discount = None if step.get("keeps_discount") else step.get("discount_percentage")
	return ChangeTerms(
		line=line_id(numbered_line(rows.values(), step)),
		price=number(step, "price") or None,
		quantity=number(step, "quantity") or None,
		discount=None if discount is None else _percentage(number(step, "discount_percentage"), step),
	)


def numbered_line(rows: Iterable[Row], row: Row) -> Row:
	"""The contract's line that a row of steps or milestones names by its number. Raises DomainError ``line_number``."""
	for line in rows:
		if line.get("idx") == integer(row, "line_no"):
			return line
	raise DomainError("line_number", row=row.get("idx"), line_no=row.get("line_no"))


def line_from(contract: Row, row: Row) -> ContractLine:
	"""A line; what it leaves open follows the contract."""
	start = day(row, "start_date") or required_day(contract, "start_date")
	kind = option(LineType, row, "line_type", LineType.RECURRING)
	one_off = kind is not LineType.RECURRING
	own_end = None if one_off else _day_after(row, "end_date")
	if own_end is not None and own_end <= start:
		raise DomainError("end_before_start", line=line_id(row), start=start, end=own_end - ONE_DAY)
	line = ContractLine(
		id=line_id(row),
		start=start,
		history=(Revision(start, terms_of(row)),),
		grid=None if one_off else _grid(contract, row, start),
		price_period=None if one_off else interval(row, contract, "price_period_count", "price_period"),
		timing=option(Timing, row, "timing", None) or option(Timing, contract, "timing", Timing.IN_ADVANCE),
		end=own_end or (None if one_off else _day_after(contract, "end_date")),
		replaces=str(row.get("replaces") or ""),
		free=() if one_off else _free(contract, row, start),
		opening=_day_after(row, "billed_through"),
		follows_term=not one_off and own_end is None,
		credit=kind is LineType.CREDIT,
		cuts=tuple(row.get("tax_cuts") or ()),
	)
	_ = line.price_factor  # raises where the price cannot be spread: now, and not in the first billing night
	return line


def _free(contract: Row, row: Row, start: date) -> tuple[Period, ...]:
	ends = (_day_after(contract, "trial_end"), _day_after(row, "free_until"))
	return tuple(Period(start, end) for end in ends if end is not None and start < end)


def amendment_from(contract: Row, rows: Mapping[str, Row], amendment: Row) -> Amendment:
	"""An amendment; ``rows`` are all lines of the contract by id, those that amendments add included."""
	sequence = integer(amendment, "sequence")
	name = str(amendment.get("name") or f"amendment {sequence}")
	kind = option(AmendmentType, amendment, "amendment_type", AmendmentType.CHANGE_LINES)
	at_once = (
		option(CorrectionBilling, amendment, "correction_billing", None) is CorrectionBilling.IMMEDIATELY
	)
	if kind is AmendmentType.TERMINATE:
		last_day = required_day(amendment, "last_service_day")
		unused = option(UnusedTime, amendment, "unused_time", UnusedTime.CREDIT)
		change = Terminate(last_day, unused is UnusedTime.NO_CREDIT, unused is UnusedTime.REFUND)
		return Amendment(name, last_day + ONE_DAY, (change,), sequence, at_once)
	effective = required_day(amendment, "effective_date")
	changes = _of_the_term(kind, amendment, effective)
	if kind in WITH_LINES:
		changes += [_line_change(contract, rows, change) for change in amendment.get("lines") or ()]
	return Amendment(name, effective, tuple(changes), sequence, at_once)


def _of_the_term(kind: AmendmentType, amendment: Row, effective: date) -> list[Change]:
	"""What an amendment does to the contract as a whole."""
	if kind is AmendmentType.PAUSE:
		return [Pause(day(amendment, "resume_date"), bool(amendment.get("extends_term")))]
	if kind is AmendmentType.RENEW:
		return [Renew(integer(amendment, "renewal_months") or None)]
	if kind is AmendmentType.TRANSFER:
		return [Terminate(effective - ONE_DAY)]
	simple: dict[AmendmentType, Change] = {
		AmendmentType.RESUME: Resume(),
		AmendmentType.DECLINE: DeclineRenewal(),
	}
	return [simple[kind]] if kind in simple else []


def _line_change(contract: Row, rows: Mapping[str, Row], change: Row) -> Change:
	kind = option(LineChange, change, "change", LineChange.CHANGE_TERMS)
	if kind is LineChange.CHANGE_TERMS:
		return _change_terms(change, _is_credit(rows.get(target_line(change), {})))
	if kind is LineChange.END_LINE:
		return EndLine(target_line(change), required_day(change, "last_service_day"))
	return AddLine(line_from(contract, rows[line_id(change)]))


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
	"cost_center", "project", "shipping_address", "end_date", "anchor_date", "free_until",
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


def _is_credit(row: Row) -> bool:
	return option(LineType, row, "line_type", LineType.RECURRING) is LineType.CREDIT


def _change_terms(change: Row, credit: bool) -> ChangeTerms:
	"""A saved row says which fields it sets; JSON sets those that it gives. The price of a credit counts negative."""
	applies = option(Applies, change, "applies", Applies.ON_DATE)
	if applies is Applies.AS_AGREED:  # settled by services.contract_change, which knows what the terms were
		allowed = [Applies.ON_DATE.value, Applies.NEXT_PERIOD.value]
		raise DomainError("option", field="applies", value=applies.value, allowed=allowed)

	def new(field: str, flag: str) -> Decimal | None:
		given = change[flag] if change.get(flag) is not None else change.get(field) is not None
		return number(change, field) if given else None

	price = new("new_price", "sets_price")
	return ChangeTerms(
		line=target_line(change),
		price=-price if credit and price is not None else price,
		quantity=new("new_quantity", "sets_quantity"),
		discount=_percentage(new("new_discount_percentage", "sets_discount"), change),
		at_boundary=applies is Applies.NEXT_PERIOD,
		final=bool(change.get("drop_later_steps")),
	)


def terms_of(row: Row) -> Terms:
	"""What a row says that it costs; a credit's price is negative."""
	kind = option(LineType, row, "line_type", LineType.RECURRING)
	price = number(row, "price")
	return Terms(
		price=-price if kind is LineType.CREDIT else price,
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
		return Grid.anchored(max(start, _day_after(contract, "trial_end") or start), rhythm)
	contract_start = _day_after(contract, "trial_end") or required_day(contract, "start_date")
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


def _day_after(row: Row, field: str) -> date | None:
	"""The first day after a last day; None if that is missing."""
	last = day(row, field)
	return None if last is None else last + ONE_DAY


def required_day(row: Row, field: str) -> date:
	"""A date. Raises DomainError ``date_missing`` or ``date``."""
	value = day(row, field)
	if value is None:
		raise DomainError("date_missing", field=field)
	return value
