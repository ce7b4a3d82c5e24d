"""The data audit: what should be put right before contracts are billed, most of all those from another system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache, partial
from itertools import combinations
from typing import Any

from frappe import _

from billing_ext.core.billing import Charge, next_due, plan_charges
from billing_ext.core.contract import Contract, ContractLine
from billing_ext.core.errors import DomainError
from billing_ext.core.period import Period
from billing_ext.repositories import clock, contracts, posting
from billing_ext.repositories import data_audit as repository
from billing_ext.repositories.contracts import ContractRecord
from billing_ext.services import contract_state, invoice_text
from billing_ext.services.messages import message_of


class Severity(Enum):
	"""How bad a finding is: the first run fails or bills what it must not; probably wrong; worth a look."""

	ERROR = "Error"
	WARNING = "Warning"
	NOTE = "Note"


class Kind(Enum):
	"""What a finding is about; the values are what users filter by."""

	DUPLICATE_CUSTOMER = "Duplicate Customer"
	TAX_ID = "Missing Tax ID"
	ADDRESS = "Missing Address"
	EMAIL = "Missing E-mail"
	TERMS = "Missing Payment Terms"
	TAXES = "Missing Tax Template"
	EXCHANGE_RATE = "Missing Exchange Rate"
	DISABLED = "Disabled Customer or Item"
	OVERLAP = "Overlapping Contracts"
	PRICE = "Price under List Price"
	HISTORY = "Would Bill History"
	ENDED = "Contract Has Ended"
	FIRST_RUN = "First Run Would Fail"


REPORTED_APART = frozenset({"customer_disabled", "item_disabled", "exchange_rate"})
"""Refusals of ``repositories.posting.check`` that have a kind of their own."""

LEGAL_FORMS = frozenset(
	"as asa ans da ab aps oy ltd limited inc llc gmbh ag bv nv sa srl plc enk nuf sf".split()
)
"""What a company's name may be written with or without."""


@dataclass(frozen=True, slots=True)
class Finding:
	"""Something to put right. ``document`` is the DocType and name of what to open for it."""

	severity: Severity
	kind: Kind
	problem: DomainError
	customer: str
	document: tuple[str, str]
	field: str = ""
	contract: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
	"""The findings, how many contracts were looked at, and whether the user's customers could be."""

	findings: tuple[Finding, ...]
	contracts: int
	customers_read: bool


@dataclass(frozen=True, slots=True)
class _Subject:
	"""A contract under audit. ``charges`` is what its first run would bill today, if it has not been billed yet;
	``checks`` says of a day whether contracts can be posted on it."""

	record: ContractRecord
	contract: Contract
	today: date
	first_run: bool
	checks: Callable[[date], posting.Checks]
	charges: Sequence[Charge] = ()

	@property
	def name(self) -> str:
		return self.contract.id

	@property
	def customer(self) -> str:
		return str(self.record.header["customer"])

	def find(
		self,
		severity: Severity,
		kind: Kind,
		problem: DomainError,
		field: str = "",
		document: tuple[str, str] = ("", ""),
	) -> Finding:
		"""A finding about the contract."""
		opened = document if document[1] else ("Billing Contract", self.name)
		return Finding(severity, kind, problem, self.customer, opened, field, self.name)

	def running(self) -> Iterator[ContractLine]:
		"""Recurring lines that are served today or later."""
		for line in self.contract.lines:
			if not line.one_off and not line.credit and (line.end is None or line.end > self.today):
				yield line


def audit(company: str | None = None, kind: str | None = None, severity: str | None = None) -> Audit:
	"""Everything that is found about the contracts that the user may read, the worst first."""
	today = clock.today()
	charged = repository.charged_contracts()
	findings: list[Finding] = []
	subjects: list[_Subject] = []
	names = repository.contracts(company)
	reader, checks = contracts.Reader(names), cache(posting.Checks)
	for name in names:
		try:
			subjects.append(_subject(reader.record(name), today, checks, first_run=name not in charged))
		except DomainError as problem:
			header = reader.headers[name]
			document = ("Billing Contract", name)
			findings.append(
				Finding(Severity.ERROR, Kind.FIRST_RUN, problem, header["customer"], document, contract=name)
			)
	customers = repository.customers()
	findings += _of_customers(customers or [], subjects)
	findings += _of_contracts(subjects)
	findings += _overlaps(subjects)
	wanted = [
		finding
		for finding in findings
		if kind in (None, "", finding.kind.value) and severity in (None, "", finding.severity.value)
	]
	order = list(Severity)
	wanted.sort(key=lambda finding: (order.index(finding.severity), list(Kind).index(finding.kind)))
	return Audit(tuple(wanted), len(names), customers is not None)


def _subject(
	record: ContractRecord, today: date, checks: Callable[[date], posting.Checks], *, first_run: bool
) -> _Subject:
	contract = record.to_core()
	charges = plan_charges(contract, {}, today) if first_run else ()
	return _Subject(record, contract, today, first_run, checks, charges)


# Customers


def _of_customers(customers: Sequence[Mapping[str, Any]], subjects: Sequence[_Subject]) -> list[Finding]:
	concerned = {subject.customer for subject in subjects}
	unaddressed = {
		subject.customer for subject in subjects if not subject.record.header.get("customer_address")
	} - repository.customers_with_address()
	findings = list(_duplicates(customers, concerned))
	for customer in customers:
		if customer["name"] in concerned:
			findings += _of_customer(customer, has_address=customer["name"] not in unaddressed)
	return findings


def _of_customer(customer: Mapping[str, Any], *, has_address: bool) -> Iterator[Finding]:
	name = customer["name"]
	find = partial(Finding, customer=name, document=("Customer", name))
	if customer["disabled"] or customer["is_frozen"]:
		problem = DomainError("customer_disabled", customer=name)
		yield find(Severity.ERROR, Kind.DISABLED, problem, field=_("Disabled"))
	if customer["customer_type"] == "Company" and not customer["tax_id"]:
		problem = DomainError("audit_no_tax_id", customer=name)
		yield find(Severity.WARNING, Kind.TAX_ID, problem, field=_("Tax ID"))
	if not has_address:
		problem = DomainError("audit_no_address", customer=name)
		yield find(Severity.WARNING, Kind.ADDRESS, problem, field=_("Billing Address"))


def _duplicates(customers: Sequence[Mapping[str, Any]], concerned: set[str]) -> Iterator[Finding]:
	"""Customers with contracts that share tax id, name or e-mail with another one; each pair once."""
	seen: set[tuple[str, str]] = set()
	keys: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
		(_("Tax ID"), lambda row: re.sub(r"\W", "", str(row["tax_id"] or "")).casefold()),
		(_("Customer Name"), lambda row: normalised(row["customer_name"])),
		(_("E-mail"), lambda row: str(row["email_id"] or "").strip().casefold()),
	]
	for field, key in keys:
		for group in _grouped(customers, key):
			for first, second in combinations(group, 2):
				if (first, second) in seen or not concerned & {first, second}:
					continue
				seen.add((first, second))
				problem = DomainError("audit_duplicate_customer", customer=second, other=first, field=field)
				yield Finding(
					Severity.WARNING, Kind.DUPLICATE_CUSTOMER, problem, second, ("Customer", second), field
				)


def _grouped(
	customers: Iterable[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], str]
) -> list[list[str]]:
	groups: dict[str, list[str]] = {}
	for customer in customers:
		if key(customer):
			groups.setdefault(key(customer), []).append(customer["name"])
	return [names for names in groups.values() if len(names) > 1]


def normalised(name: str | None) -> str:
	"""A name without case, accents, punctuation and legal form: ``Fjordbank AS.`` and ``FJORDBANK`` are the same."""
	plain = "".join(
		sign
		for sign in unicodedata.normalize("NFKD", (name or "").casefold())
		if not unicodedata.combining(sign)
	)
	words = re.findall(r"\w+", plain)
	return " ".join([word for word in words if word not in LEGAL_FORMS] or words)


# Contracts


def _of_contracts(subjects: Sequence[_Subject]) -> Iterator[Finding]:
	codes = {
		line["item_code"]
		for subject in subjects
		for line in subject.record.own_lines
		if line.get("item_code")
	}
	disabled = repository.disabled_items(codes)
	for subject in subjects:
		yield from _of_invoice(subject)
		yield from _of_items(subject, disabled)
		yield from _of_prices(subject)
		if subject.first_run:
			yield from _of_first_run(subject)


def _of_invoice(subject: _Subject) -> Iterator[Finding]:
	"""What an invoice would lack."""
	header, name = subject.record.header, subject.name
	if header.get("send_invoice") and not header.get("contact_email"):
		yield subject.find(Severity.ERROR, Kind.EMAIL, DomainError("no_customer_email"), _("Billing E-mail"))
	if not repository.has_payment_terms(header):
		problem = DomainError("audit_no_terms", contract=name)
		yield subject.find(Severity.WARNING, Kind.TERMS, problem, _("Payment Terms Template"))
	if not repository.has_tax_template(header, subject.today):
		problem = DomainError("audit_no_taxes", contract=name)
		yield subject.find(Severity.WARNING, Kind.TAXES, problem, _("Sales Taxes and Charges Template"))
	try:
		repository.check_exchange_rate(header, subject.today)
	except DomainError as problem:
		yield subject.find(Severity.ERROR, Kind.EXCHANGE_RATE, problem, _("Currency"))


def _of_items(subject: _Subject, disabled: set[str]) -> Iterator[Finding]:
	for item in sorted({str(line.get("item_code")) for line in subject.record.own_lines} & disabled):
		problem = DomainError("item_disabled", items=item)
		yield subject.find(Severity.ERROR, Kind.DISABLED, problem, _("Item"), ("Item", item))


def _of_prices(subject: _Subject) -> Iterator[Finding]:
	"""Lines that cost less, after discount, than the price list says on the day on which the price holds."""
	for line in subject.running():
		row = subject.record.lines.get(line.id)
		day = max(subject.today, line.start)
		listed = row and repository.list_price(subject.record.header, row, day)
		if not row or not listed:
			continue
		terms = line.revision_on(day).terms
		net = terms.price * (100 - terms.discount) / 100
		if net < listed[1]:
			problem = DomainError(
				"audit_price",
				line=invoice_text.line_title(row),
				price=net,
				listed=listed[1],
				price_list=listed[0],
			)
			yield subject.find(Severity.NOTE, Kind.PRICE, problem, _("Price"))


def _of_first_run(subject: _Subject) -> Iterator[Finding]:
	"""What is odd about a contract that has never been billed."""
	end = contract_state.service_end(subject.contract)
	if end is not None and end < subject.today:
		problem = DomainError("audit_ended", contract=subject.name, end=end)
		yield subject.find(Severity.WARNING, Kind.ENDED, problem, _("Last Service Day"))
	yield from _history(subject)
	due = next_due(subject.contract, {}, subject.today)
	day = subject.today if subject.charges else due
	if day is None:
		return
	charges = subject.charges or plan_charges(subject.contract, {}, day)
	rows = [subject.record.lines[line] for line in {charge.line for charge in charges}]
	try:
		subject.checks(day).check(subject.record.header, rows)
	except DomainError as problem:
		if problem.code not in REPORTED_APART:
			yield subject.find(Severity.ERROR, Kind.FIRST_RUN, problem)


def _history(subject: _Subject) -> Iterator[Finding]:
	"""Lines without a billed-through date whose first run would bill days that are over."""
	external = bool(subject.record.header.get("external_id"))
	for line in subject.contract.lines:
		past = [
			charge
			for charge in subject.charges
			if charge.line == line.id and charge.service.end <= subject.today and charge.amount > 0
		]
		if line.credit or line.opening is not None or not past:
			continue
		problem = DomainError(
			"audit_history",
			line=invoice_text.line_title(subject.record.lines.get(line.id, {})) or line.id,
			amount=sum((charge.amount for charge in past), Decimal(0)),
			currency=subject.contract.currency.code,
			start=past[0].service.start,
			end=past[-1].service.last_day,
		)
		severity = Severity.ERROR if external else Severity.WARNING
		yield subject.find(severity, Kind.HISTORY, problem, _("Billed through"))


def _overlaps(subjects: Iterable[_Subject]) -> Iterator[Finding]:
	"""The same item sold to the same customer by two contracts on the same days; each pair of contracts once."""
	services: dict[tuple[str, str], list[tuple[_Subject, Period]]] = {}
	for subject in subjects:
		for line in subject.running():
			item = subject.record.lines.get(line.id, {}).get("item_code")
			if item:
				period = Period(line.start, line.end or date.max)
				services.setdefault((subject.customer, item), []).append((subject, period))
	seen: set[tuple[str, str, str]] = set()
	for (_customer, item), sold in services.items():
		for (first, one), (second, other) in combinations(sold, 2):
			shared = one.intersect(other)
			if first is second or shared is None or (first.name, second.name, item) in seen:
				continue
			seen.add((first.name, second.name, item))
			problem = DomainError(
				"audit_overlap", item=item, contract=second.name, other=first.name, start=shared.start
			)
			yield second.find(Severity.WARNING, Kind.OVERLAP, problem, _("Item"))


# Report


def severity_label(severity: Severity) -> str:
	"""A severity in the user's language."""
	return {
		Severity.ERROR: _("Error"),
		Severity.WARNING: _("Warning"),
		Severity.NOTE: _("Note"),
	}[severity]


def kind_label(kind: Kind) -> str:
	"""A kind of finding in the user's language."""
	return {
		Kind.DUPLICATE_CUSTOMER: _("Duplicate Customer"),
		Kind.TAX_ID: _("Missing Tax ID"),
		Kind.ADDRESS: _("Missing Address"),
		Kind.EMAIL: _("Missing E-mail"),
		Kind.TERMS: _("Missing Payment Terms"),
		Kind.TAXES: _("Missing Tax Template"),
		Kind.EXCHANGE_RATE: _("Missing Exchange Rate"),
		Kind.DISABLED: _("Disabled Customer or Item"),
		Kind.OVERLAP: _("Overlapping Contracts"),
		Kind.PRICE: _("Price under List Price"),
		Kind.HISTORY: _("Would Bill History"),
		Kind.ENDED: _("Contract Has Ended"),
		Kind.FIRST_RUN: _("First Run Would Fail"),
	}[kind]


def report_row(finding: Finding) -> dict[str, str]:
	"""A finding as a row of the report."""
	message = message_of(finding.problem)
	return {
		"level": finding.severity.value,
		"severity": severity_label(finding.severity),
		"kind": kind_label(finding.kind),
		"customer": finding.customer,
		"contract": finding.contract,
		"field": finding.field,
		"finding": message.text,
		"remedy": message.remedy,
		"document_type": finding.document[0],
		"document": finding.document[1],
	}
