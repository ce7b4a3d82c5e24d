"""Lives of contracts that once broke a law; each is tried on every law, for ever."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from builders import MONTH, YEAR, added, amendment, change, contract, d, end, line, one_off, terms
from histories import Entry, History

from billing_ext.core.contract import (
	ChangeTerms,
	CorrectionBilling,
	CreditHandling,
	FirstPeriod,
	Pause,
	Resume,
	Revision,
	Terminate,
)
from billing_ext.core.period import Grid
from billing_ext.core.proration import Proration

DEDUCTED = contract(
	line("2024-06-01", "500"),
	line("2024-06-01", "90", "L2"),
	credit_handling=CreditHandling.NEXT_INVOICE,
	correction_billing=CorrectionBilling.IMMEDIATELY,
)
JUNE_AND_JULY = (d("2024-06-01"), d("2024-06-16"), d("2024-06-20"), d("2024-07-01"))

A_31ST_ALONE = History(
	contract(
		line("2024-01-31", "310", grid=Grid.on_calendar(d("2024-01-31"), MONTH)),
		proration=Proration.THIRTY_360,
		first_period=FirstPeriod.FULL,
	),
	entries=(),
	runs=(d("2024-01-31"),),
	end=d("2024-03-15"),
)
"""A full first period of one day that weighs nothing under 30/360: was a division by zero."""

CANCELLED_SUCCESSOR = History(
	DEDUCTED,
	entries=(Entry(added(line("2024-06-16", "100", "L3", replaces="L1")), d("2024-06-16"), d("2024-06-20")),),
	runs=JUNE_AND_JULY,
	end=d("2024-08-31"),
)
"""The amendment that brought a billed line is cancelled: its charges were not credited, then had no row to go to."""

ENDED_BESIDE_ANOTHER = History(
	DEDUCTED,
	entries=(Entry(amendment("2024-06-10", end("2024-06-10", "L2")), d("2024-06-10")),),
	runs=JUNE_AND_JULY,
	end=d("2024-08-31"),
)
"""One of two lines ends: its credit waited for a next charge that never came."""

MADE_FREE = replace(
	ENDED_BESIDE_ANOTHER,
	entries=(Entry(amendment("2024-06-10", change("L2", price="0")), d("2024-06-10")),),
)
"""A line becomes free: its credit waited for free periods."""

SPREAD_CREDIT = replace(
	ENDED_BESIDE_ANOTHER,
	entries=(Entry(amendment("2024-06-01", change(price="200")), d("2024-06-16")),),
)
"""A credit larger than the next charge: the printed arithmetic was that of the whole credit."""

COMPLETED_EARLIER = History(
	contract(line("2024-06-01", "500")),
	entries=(
		Entry(added(one_off("2024-06-20", "1000", "M1")), d("2024-06-20"), d("2024-06-25")),
		Entry(added(one_off("2024-06-15", "1000", "M1"), id="A2"), d("2024-06-26")),
	),
	runs=(d("2024-06-20"), d("2024-06-30")),
	end=d("2024-07-31"),
)
"""A billed milestone is opened again and completed on an earlier day: it was billed twice."""

PAUSED_TWICE = History(
	contract(line("2024-06-01", "500")),
	entries=(
		Entry(amendment("2024-06-10", Pause(d("2024-07-10"))), d("2024-06-01")),
		Entry(amendment("2024-06-20", Pause(d("2024-08-20")), id="A2"), d("2024-06-01")),
		Entry(amendment("2024-07-01", Resume(), id="A3"), d("2024-06-25")),
	),
	runs=(d("2024-06-01"), d("2024-07-01"), d("2024-08-01")),
	end=d("2024-08-31"),
)
"""Service begins again while two pauses overlap: the second went on where the first would have ended."""

KEPT_BEFORE_IT_BEGAN = History(
	contract(line("2024-06-10", "500", grid=Grid.on_calendar(d("2024-06-10"), MONTH)), lead_days=14),
	entries=(Entry(amendment("2024-06-06", Terminate(d("2024-06-05"), keeps_period=True)), d("2024-06-05")),),
	runs=(d("2024-05-27"), d("2024-06-06")),
	end=d("2024-07-31"),
)
"""Terminated without credit before its first day: what was billed ahead was kept, though no period had begun."""

PAID_BY_A_CREDIT = History(
	contract(
		line("2024-06-01", "500"),
		replace(
			one_off("2024-06-01", "0", "C1"),
			credit=True,
			history=(Revision(d("2024-06-01"), terms("-300")),),
		),
		correction_billing=CorrectionBilling.IMMEDIATELY,
	),
	entries=(
		Entry(amendment("2024-06-01", end("2024-05-31")), d("2024-06-10")),
		Entry(added(line("2024-07-01", "400", "L2"), id="A2"), d("2024-06-05")),
	),
	runs=(d("2024-06-01"), d("2024-06-10")),
	end=d("2024-07-31"),
)
"""A line that a given credit had paid for is cancelled: what was left went out a day after the invoice it belonged on."""

PAUSED_AFTER_ITS_TERM = History(
	contract(
		line("2024-06-01", "500", follows_term=True),
		start=d("2024-06-01"),
		term_end=d("2024-07-01"),
	),
	entries=(Entry(amendment("2024-07-10", Pause(d("2024-07-20"), extends_term=True)), d("2024-06-01")),),
	runs=(d("2024-06-01"),),
	end=d("2024-08-31"),
)
"""A pause after the term's end, without a renewal: it gave the customer ten days of July."""

RAMP_DROPPED = History(
	contract(line("2024-06-01", "500")),
	entries=(
		Entry(amendment("2024-07-01", change(price="600"), id=""), d("2024-06-01")),
		Entry(amendment("2024-09-01", change(price="700"), id=""), d("2024-06-01")),
		Entry(amendment("2024-08-10", ChangeTerms("L1", Decimal(550), final=True)), d("2024-07-20")),
	),
	runs=(d("2024-06-01"), d("2024-07-01"), d("2024-09-01")),
	end=d("2024-10-31"),
)
"""A price that was negotiated anew, in place of the later steps of a ramp."""

REFUNDED = History(
	contract(line("2024-06-01", "6000", interval=YEAR), line("2024-06-01", "90", "L2"), lead_days=14),
	entries=(
		Entry(amendment("2024-07-01", change(price="5000")), d("2024-07-10")),
		Entry(amendment("2024-08-16", Terminate(d("2024-08-15"), refund=True), id="A2"), d("2024-08-01")),
	),
	runs=(d("2024-06-01"), d("2024-07-05"), d("2024-08-01"), d("2024-08-16")),
	end=d("2024-12-31"),
)
"""Terminated in a year that is paid, with the money back, and another credit on the way."""

TAXED_AND_CREDITED = History(
	contract(
		line("2024-06-01", "500", cuts=(d("2024-06-16"),)),
		credit_handling=CreditHandling.NEXT_INVOICE,
	),
	entries=(
		Entry(amendment("2024-06-01", change(price="0")), d("2024-06-20")),
		Entry(amendment("2024-07-01", change(price="200"), end("2024-07-31"), id="A2"), d("2024-06-20")),
	),
	runs=(d("2024-06-01"), d("2024-07-01")),
	end=d("2024-08-31"),
)
"""A credit for two tax rates, of which the next charge takes a part of the first."""

FOUND = [
	A_31ST_ALONE,
	CANCELLED_SUCCESSOR,
	ENDED_BESIDE_ANOTHER,
	MADE_FREE,
	SPREAD_CREDIT,
	COMPLETED_EARLIER,
	PAUSED_TWICE,
	KEPT_BEFORE_IT_BEGAN,
	PAID_BY_A_CREDIT,
	PAUSED_AFTER_ITS_TERM,
]
LIVES = [*FOUND, RAMP_DROPPED, REFUNDED, TAXED_AND_CREDITED]
"""And those that have what is seldom generated."""
