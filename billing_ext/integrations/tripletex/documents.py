"""What is sent to Tripletex, as plain values: read from the site by the repositories, made into requests by the mapper.

Amounts are Decimals in the document's currency unless the name says NOK; dates are dates. A credit note carries
positive amounts here and a negative sign only in its request.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum


class Strategy(str, Enum):
	"""Who numbers and how a sale is booked. Values are what Tripletex Settings stores."""

	OWN_NUMBERS = "Invoice, numbered by ERPNext"
	TRIPLETEX_NUMBERS = "Invoice, numbered by Tripletex"
	VOUCHER = "Ledger voucher"


class Sender(str, Enum):
	"""Who sends an invoice to the customer, and by which channel; one sender for each customer."""

	ERPNEXT = "ERPNext"
	EMAIL = "Tripletex: e-mail"
	EHF = "Tripletex: EHF"
	EFAKTURA = "Tripletex: eFaktura"
	AVTALEGIRO = "Tripletex: AvtaleGiro"
	VIPPS = "Tripletex: Vipps"
	PAPER = "Tripletex: paper"


@dataclass(frozen=True, slots=True)
class Address:
	"""A postal or delivery address; ``country`` is an ISO 3166 alpha-2 code in capitals."""

	line1: str = ""
	line2: str = ""
	postal_code: str = ""
	city: str = ""
	country: str = ""


@dataclass(frozen=True, slots=True)
class CustomerData:
	"""A customer as ERPNext knows it. ``number`` is ours, from the range of the settings; ``due_days`` may be unknown."""

	name: str
	number: int
	organization_number: str = ""
	is_private: bool = False
	email: str = ""
	invoice_email: str = ""
	phone: str = ""
	language: str = "NO"
	"""``NO`` or ``EN``, all that Tripletex knows."""
	currency: str = "NOK"
	sender: Sender = Sender.ERPNEXT
	postal_address: Address = Address()
	delivery_address: Address = Address()
	due_days: int | None = None
	is_inactive: bool = False
	tripletex_duns: bool = False
	"""May Tripletex remind the customer by itself? False when ERPNext owns dunning."""


@dataclass(frozen=True, slots=True)
class PostingClass:
	"""A product that exists to steer the income account: one for each pair of account and VAT code in use."""

	account_number: int
	vat_code: str

	@property
	def key(self) -> str:
		"""The pair as a key of the mapping, and the product's number: ``E-3000-3``."""
		return f"E-{self.account_number}-{self.vat_code}"


@dataclass(frozen=True, slots=True)
class DocumentLine:
	"""A row as billed: ``net_rate`` after all discounts, ``net_amount`` rounded; never negative unless a deduction."""

	description: str
	quantity: Decimal
	net_rate: Decimal
	net_amount: Decimal
	posting_class: PostingClass
	vat_rate: Decimal
	"""Percent, as ERPNext charges it."""
	unit: str = ""


@dataclass(frozen=True, slots=True)
class VatTotal:
	"""What a document charges under one VAT code."""

	code: str
	rate: Decimal
	base: Decimal
	amount: Decimal


@dataclass(frozen=True, slots=True)
class Document:
	"""A submitted Sales Invoice or credit note.

	``name`` is ERPNext's; ``number`` the legal one, None where Tripletex numbers. ``taxes_not_vat`` names charges that
	no VAT rule covers: such a document is refused before anything is sent. ``rounding_adjustment`` likewise.
	"""

	name: str
	company: str
	customer: str
	date: datetime.date
	due_date: datetime.date
	currency: str
	conversion_rate: Decimal
	"""NOK for one unit of the currency; 1 for NOK."""
	lines: tuple[DocumentLine, ...]
	vat: tuple[VatTotal, ...]
	net: Decimal
	gross: Decimal
	number: int | None = None
	kid: str = ""
	delivery_date: datetime.date | None = None
	is_credit_note: bool = False
	credited: str = ""
	"""ERPNext's name of the invoice that a credit note corrects."""
	credited_number: int | None = None
	credited_date: datetime.date | None = None
	reference: str = ""
	"""The buyer's reference or order number; EHF wants one."""
	department_number: str = ""
	rounding_adjustment: Decimal = Decimal(0)
	taxes_not_vat: tuple[str, ...] = ()
	sender: Sender = Sender.ERPNEXT


@dataclass(frozen=True, slots=True)
class RemoteIds:
	"""Tripletex's ids of what a request refers to."""

	customer: int
	currency: int
	products: dict[str, int] = field(default_factory=dict)
	"""Posting class key -> product id."""
	vat_types: dict[str, int] = field(default_factory=dict)
	"""SAF-T code -> VAT type id."""
	accounts: dict[int, int] = field(default_factory=dict)
	"""Account number -> account id."""
	department: int | None = None
