"""Lives of contracts that once broke a law; each is tried on every law, for ever."""

from __future__ import annotations

from dataclasses import replace

from builders import MONTH, added, amendment, change, contract, d, end, line
from histories import Entry, History

from billing_ext.core.contract import CorrectionBilling, CreditHandling, FirstPeriod
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

FOUND = [A_31ST_ALONE, CANCELLED_SUCCESSOR, ENDED_BESIDE_ANOTHER, MADE_FREE, SPREAD_CREDIT]
