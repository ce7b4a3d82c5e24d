"""The monthly voucher that moves deferred revenue in Tripletex's ledger.

ERPNext books a VAT invoice straight to deferred revenue. In Tripletex's standard chart 2970 is locked to no VAT and 3000
to code 3 (observed), so invoices go to 3xxx there and one voucher a month moves what is not earned yet: Dr 3090 / Cr 2970,
and back as it is earned. Both accounts are free of VAT.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing_ext.integrations.tripletex.mapper import EXTERNAL_VOUCHER_NUMBER, Json
from billing_ext.integrations.tripletex.read_back import decimal, needed

ACCRUED_INCOME = 3090
DEFERRED_REVENUE = 2970


@dataclass(frozen=True, slots=True)
class AccrualAccounts:
	"""Tripletex's ids of the two accounts; numbers are those of its standard chart unless the settings say otherwise."""

	income_id: int
	deferred_id: int
	no_vat_id: int = 0
	"""The VAT type "none" has id 0 (observed)."""


@dataclass(frozen=True, slots=True)
class BookedAccrual:
	"""A revision that stands in Tripletex, or did before it was reversed; ``amount`` as in ``accrual_request``."""

	revision: int
	amount: Decimal
	voucher_id: int
	is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class ReverseAccrual:
	"""Reverse the voucher of a revision, on its own date so that the month stays whole."""

	revision: int
	voucher_id: int


@dataclass(frozen=True, slots=True)
class BookAccrual:
	"""Book a revision."""

	revision: int
	amount: Decimal


def due(movement: Decimal, booked: Collection[BookedAccrual]) -> tuple[ReverseAccrual | BookAccrual, ...]:
	"""What makes the month's vouchers equal ``movement``; empty when one of them says so already.

	A correction reverses what stands and books the whole month anew as the next revision: differences alone could not be
	followed. May be asked again after any of the steps was done; it never gives a revision number twice.
	"""
	standing = sorted(
		(accrual for accrual in booked if not accrual.is_reversed), key=lambda accrual: -accrual.revision
	)
	if [accrual.amount for accrual in standing] == ([movement] if movement else []):
		return ()
	reversals = tuple(ReverseAccrual(accrual.revision, accrual.voucher_id) for accrual in standing)
	revision = max((accrual.revision for accrual in booked), default=0) + 1
	return (*reversals, BookAccrual(revision, movement)) if movement else reversals


def external_number(company: str, month: datetime.date, revision: int) -> str:
	"""The key that finds a voucher again: ``ERPN-DEF-<company>-<YYYY-MM>-r<n>``; ``company`` is its abbreviation.

	Raises ValueError for more than Tripletex's 70 characters: a cut key is another key.
	"""
	number = f"ERPN-DEF-{company}-{month:%Y-%m}-r{revision}"
	if len(number) > EXTERNAL_VOUCHER_NUMBER:
		raise ValueError(f"{number} is longer than {EXTERNAL_VOUCHER_NUMBER} characters")
	return number


def last_day(month: datetime.date) -> datetime.date:
	"""The last day of a date's month, on which its voucher is dated."""
	return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def accrual_request(
	company: str, month: datetime.date, revision: int, movement: Decimal, accounts: AccrualAccounts
) -> Json:
	"""The body of ``POST /ledger/voucher`` (``sendToLedger=true``) for a month's movement of deferred revenue, in NOK.

	``movement`` > 0: more was deferred than earned, Dr 3090 / Cr 2970; < 0 the other way. Raises ValueError for 0, for
	more than two decimals and for a key that is too long.
	"""
	if not movement or movement != round(movement, 2):
		raise ValueError(f"no voucher of {movement} kroner")
	date = last_day(month).isoformat()
	text = f"Periodisering av inntekt {month:%m.%Y}, ERPNext, revisjon {revision}"
	amounts = ((accounts.income_id, movement), (accounts.deferred_id, -movement))
	return {
		"date": date,
		"description": text,
		"externalVoucherNumber": external_number(company, month, revision),
		"postings": [
			{
				# Row 0 is Tripletex's own.
				"row": row,
				"date": date,
				"description": text,
				"account": {"id": account},
				"vatType": {"id": accounts.no_vat_id},
				"amountGross": amount,
				"amountGrossCurrency": amount,
			}
			for row, (account, amount) in enumerate(amounts, start=1)
		],
	}


def booked_movement(voucher: Mapping[str, Any], account: int = DEFERRED_REVENUE) -> Decimal:
	"""What a voucher, read with VOUCHER_FIELDS, moved to deferred revenue, with the sign of ``accrual_request``.

	Raises IncompleteAnswer if accounts or amounts are missing.
	"""
	postings = needed(voucher, "postings")
	rows = [posting for posting in postings if needed(posting, "account", "number") == account]
	return -sum((decimal(posting, "amount") for posting in rows), Decimal(0))
