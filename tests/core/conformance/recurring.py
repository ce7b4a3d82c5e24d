"""Cases about monthly recurring revenue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from billing_ext.core.contract import ContractLine, Revision, Terms
from billing_ext.core.metrics import line_mrr
from billing_ext.core.period import Grid, Interval, Unit
from conformance.translate import CENTS, day, plan, to_cents
from conformance.verdicts import Answer, Case, adapter

START = date(2024, 6, 1)
MONTHLY = Interval(1, Unit.MONTH)
FROM_TERMS = "from the terms"
FROM_INVOICES = "Recurly takes MRR from the prorated invoice row; ours is what the terms come to in a month"
TAX = "Lago's MRR has the tax in it; ours is without tax"
MOVEMENT = "the amount agrees; what a movement is called is no matter of the core"


def _line(price: Decimal | str, months: int = 1, quantity: int = 1, start: date = START) -> ContractLine:
	return plan(start, price, Grid.anchored(start, Interval(months, Unit.MONTH)), quantity=quantity)


def _shown(mrr: Fraction) -> Decimal:
	return CENTS.round(mrr)


@adapter("met", "fees", "mrr_cents")
def normalised(case: Case) -> Iterator[Answer]:
	"""Yearly and monthly fees, seats, a one-time fee, and usage, which is no line of a contract."""
	found = []
	for fee in case["input"]["fees"]:
		if "usage" in fee:
			found.append(0)
		elif "one_time" in fee:
			found.append(to_cents(_shown(line_mrr(plan(START, fee["one_time"], None), START))))
		else:
			line = _line(fee.get("rate") or fee["seat_price"], fee["period_months"], fee.get("seats", 1))
			found.append(to_cents(_shown(line_mrr(line, START))))
	yield Answer(FROM_TERMS, {"mrr_cents": found})


@adapter("zuora", "qty list_price_monthly renewed", "order_mrr")
def order(case: Case) -> Iterator[Answer]:
	"""Seats at a monthly price."""
	given = case["input"]
	start = day(given["renewed"][0])
	mrr = line_mrr(_line(given["list_price_monthly"], quantity=given["qty"], start=start), start)
	yield Answer(FROM_TERMS, {"order_mrr": _shown(mrr)})


@adapter("cm", "plans qty", "mrr")
def first_order(case: Case) -> Iterator[Answer]:
	"""A yearly plan, four times."""
	((_, price),) = case["input"]["plans"].items()
	mrr = line_mrr(_line(price, 12, case["input"]["qty"]), START)
	yield Answer(FROM_TERMS, {"mrr": _shown(mrr)}, incomparable=MOVEMENT)


@adapter("cm", "cancels", "mrr")
def cancelled(case: Case) -> Iterator[Answer]:
	"""One of several subscriptions ends."""
	price = case["input"]["cancels"].partition("$")[2].rstrip(")")
	mrr = line_mrr(_line(price), START)
	yield Answer(FROM_TERMS, {"mrr": _shown(-mrr)}, incomparable=MOVEMENT)


@adapter("recurly", "subscription period", "mrr_each_day")
def same_each_day(case: Case) -> Iterator[Answer]:
	"""MRR does not depend on when in the period it is asked for."""
	line = _line(case["input"]["subscription"].split("/")[0], start=date(2024, 3, 29))
	(mrr,) = {line_mrr(line, date(2024, 4, number)) for number in range(1, 29)}
	yield Answer(FROM_TERMS, {"mrr_each_day": _shown(mrr)})


@adapter("recurly", "added_user added")
def added_in_mid_month(case: Case) -> Iterator[Answer]:
	"""A user more from the middle of a month."""
	price = Decimal(case["input"]["added_user"].split("/")[0])
	added = date(2024, 6, 15)
	one = Revision(START, Terms(price))
	line = ContractLine(
		"users", START, (one, Revision(added, Terms(price, Decimal(2)))), Grid.anchored(START, MONTHLY)
	)
	increase = _shown(line_mrr(line, added) - line_mrr(line, START))
	found = {"mrr_increase_by_state_definition": increase, "mrr_increase_reported_by_recurly": "–"}
	yield Answer(FROM_TERMS, found, FROM_INVOICES)


@adapter("lago", "fee coupon tax")
def without_tax(case: Case) -> Iterator[Answer]:
	"""A fee less a recurring discount."""
	fee, coupon = (Decimal(case["input"][key]) for key in ("fee", "coupon"))
	terms = Terms(fee, discount=100 * coupon / fee)
	line = ContractLine("plan", START, (Revision(START, terms),), Grid.anchored(START, MONTHLY))
	found = {"anchor_definition_(net of tax)": _shown(line_mrr(line, START)), "lago_amount_in_mrr": "–"}
	yield Answer(FROM_TERMS, found, TAX)
