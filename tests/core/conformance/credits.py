"""Cases about credits: how much of a row can be credited, credit notes with tax, coupons and how they stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from billing_ext.core.billing import ChargeKind, LedgerEntry, ledger_of
from billing_ext.core.contract import Amendment, EndLine, Revision, Terms
from billing_ext.core.invoicing import Carrier, DocumentKind, plan_invoices
from billing_ext.core.period import Grid, Interval, Period, Unit
from billing_ext.core.simulation import Books
from conformance.lago import REFUND
from conformance.translate import CENTS, ONE_DAY, Story, cents, day, plan, to_cents, with_tax
from conformance.verdicts import Answer, Case, adapter

MONTHLY = Interval(1, Unit.MONTH)
JUNE = Period(date(2024, 6, 1), date(2024, 7, 1))
GIVEN = "a credit that is deducted from invoices"
STACKING = (
	"Lago applies coupons in the order in which they were made; ours takes the percentage off the price, and a fixed "
	"credit off what is left"
)


@adapter("flex", "rows_potential_paid_previous", "credit")
def credit_cap(case: Case) -> Iterator[Answer]:
	"""A credit note of at most what is left of the row: of its amount, less what was credited before."""
	found = [_credited(*map(Decimal, row)) for row in case["input"]["rows_potential_paid_previous"]]
	yield Answer("a credit note", {"credit": found})


def _credited(potential: Decimal, paid: Decimal, previous: Decimal) -> Decimal:
	"""The credit where the ledger shows that ``potential`` was billed too much."""
	story = Story.of(plan(JUNE.start, "1", Grid.anchored(JUNE.start, MONTHLY), end=JUNE.start))
	ledger = ledger_of([LedgerEntry("plan", JUNE, potential, 1)])
	carrier = Carrier("row", "plan", JUNE, "invoice", paid - previous, JUNE)
	drafts = plan_invoices(story.contract, ledger, [carrier], JUNE.end)
	notes = [draft for draft in drafts if draft.kind is DocumentKind.CREDIT_NOTE]
	return sum((-draft.amount for draft in notes), CENTS.zero)


@adapter("lago", "plan_cents tax_pct prior_credit_note_on_fee_cents terminated_at")
def credited_before(case: Case) -> Iterator[Answer]:
	"""A termination's credit note where part of the period was credited before."""
	given = case["input"]
	last = day(given["terminated_at"])
	grid = Grid.on_calendar(last, MONTHLY)
	period = grid.period_at(last)
	story = Story.of(plan(period.start, cents(given["plan_cents"]), grid))
	story.amend(Amendment("end", last, (EndLine("plan", last),)))
	billed = (cents(given["plan_cents"]), -cents(given["prior_credit_note_on_fee_cents"]))
	books = Books([LedgerEntry("plan", period, amount, number) for number, amount in enumerate(billed, 1)])
	books.carriers = [Carrier("row", "plan", period, "invoice", sum(billed), period)]
	(note,) = books.run(story.contract, last)
	found = _with_tax(-note.amount, given["tax_pct"])
	found = {"item_cents": found["net"], "tax_cents": found["tax"], "total_cents": found["total"]}
	yield Answer("actual days", found, incomparable=REFUND)


def _with_tax(net: Decimal, percent: int | str) -> dict[str, int]:
	total = with_tax(net, percent)
	return {"net": to_cents(net), "tax": to_cents(total - net), "total": to_cents(total)}


@adapter("lago", "plan_cents tax_pct start_and_terminate_same_day period_days")
def rounding(case: Case) -> Iterator[Answer]:
	"""The credit note for all days of a period but its first; the tax is rounded on its own."""
	given = case["input"]
	start, days = JUNE.start, given["period_days"]
	every = MONTHLY if days == JUNE.days else Interval(days, Unit.DAY)
	story = Story.of(plan(start, cents(given["plan_cents"]), Grid.anchored(start, every)))
	story.bill(start)
	story.amend(Amendment("end", start, (EndLine("plan", start),)))
	(credit,) = story.bill(start)
	found = _with_tax(-credit.amount, given["tax_pct"])
	yield Answer("actual days", {f"{name}_cents": value for name, value in found.items()})


@adapter("lago", "fee_cents first_credit_note_cents second_item_cents")
def credited_in_two(case: Case) -> Iterator[Answer]:
	"""A second credit note for what the first one left of the row."""
	given = case["input"]
	fee, first = cents(given["fee_cents"]), cents(given["first_credit_note_cents"])
	rest = _credited(fee - first, fee, first)
	notes = [_with_tax(amount, given["tax_pct"]) for amount in (first, rest)]
	found = {"cn1": notes[0], "cn2": notes[1], "sum_total": sum(note["total"] for note in notes)}
	yield Answer("a credit note", found)


@adapter("lago", "base", "discount_cents")
def coupon(case: Case) -> Iterator[Answer]:
	"""A fixed coupon as a credit of the contract, a percentage as the line's discount."""
	given = case["input"]
	percent, fixed = Decimal(given.get("percent", 0)), [given["coupon"]] if "coupon" in given else []
	net = _invoiced(given["base"], percent, fixed, given.get("already_used", 0))
	setting = GIVEN if fixed else "discount"
	yield Answer(setting, {"discount_cents": given["base"] - to_cents(net)})


@adapter("lago", "base coupons", "discount")
def coupons(case: Case) -> Iterator[Answer]:
	"""Several coupons on one amount. A line has one discount, which stands for all percentages."""
	base, given = case["input"]["base"], case["input"]["coupons"]
	left = Decimal(1)
	for percent in (Decimal(text.rstrip("%")) for text in given if isinstance(text, str)):
		left *= 1 - percent / 100
	net = to_cents(_invoiced(base, 100 - 100 * left, [fixed for fixed in given if isinstance(fixed, int)]))
	yield Answer(f"discount, and {GIVEN}", {"discount": base - net, "net": net}, STACKING)


def _invoiced(base: int, percent: Decimal, fixed: list[int], used: int = 0) -> Decimal:
	"""What an invoice over ``base`` cents comes to with a discount, and credits of which some is used up."""
	line = plan(JUNE.start, cents(base), Grid.anchored(JUNE.start, MONTHLY))
	line = replace(line, history=(Revision(JUNE.start, Terms(cents(base), discount=percent)),))
	credits = [
		plan(JUNE.start, -cents(amount), None, f"credit {n}", credit=True) for n, amount in enumerate(fixed)
	]
	day_of_service = Period(JUNE.start, JUNE.start + ONE_DAY)
	books = Books([LedgerEntry("credit 0", day_of_service, -cents(used), 1)] if used else [])
	drafts = books.run(Story.of(line, *credits).contract, JUNE.start)
	assert all(charge.kind is ChargeKind.CREDIT for draft in drafts for charge in draft.rows[0].charges[1:])
	return sum((draft.amount for draft in drafts), CENTS.zero)
