"""Tells a scenario on the site: through the DocTypes and services that the desk uses, with the clock of the story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return
from frappe.model import data_fieldtypes
from scenario import Clause, Scenario, ScenarioError
from site_builders import COMPANY, customer, item

from billing_ext.core.errors import DomainError
from billing_ext.repositories import contracts
from billing_ext.repositories import renewals as renewal_rows
from billing_ext.services import (
	charge_decisions,
	contract_billing,
	contract_state,
	milestones,
	overview,
	renewals,
)
from billing_ext.services.messages import message_of

RHYTHMS = {
	"daily": "Day",
	"weekly": "Week",
	"monthly": "Month",
	"quarterly": "Quarter",
	"half-yearly": "Half-Year",
	"yearly": "Year",
}
TIMINGS = {"in advance": "In Advance", "in arrears": "In Arrears"}
UNUSED = {"with a credit": "Credit", "with a refund": "Refund", "without credit": "No Credit"}
DATES = {
	"start": "start_date",
	"end": "end_date",
	"anchor": "anchor_date",
	"free_until": "free_until",
	"billed_through": "billed_through",
}
THREE_DECIMALS = ("KWD",)
"""Currencies for which the site must be set up with more than the two decimals of Norwegian kroner."""
BILLING = {"immediately": "Immediately", "with the next invoice": "With Next Invoice", None: ""}


class Story:
	"""One scenario being told: its contracts, amendments and documents, each numbered in order of appearance."""

	def __init__(self, scenario: Scenario) -> None:
		self.scenario = scenario
		# Signed on its first day, or earlier where something happens before that.
		self.today: date = min([scenario.contract["start"], *(event["on"] for event in scenario.events[:1])])
		self.contracts: list[str] = []
		self.amendments: list[str] = []
		self.documents: list[str] = []
		self.items: dict[str, str] = {}

	def tell(self) -> None:
		"""Do everything that the scenario says. Raises ScenarioError where the site does something else."""
		self._do(self.scenario.contract, self._contract)
		for event in self.scenario.events:
			self.today = event["on"]
			self._do(event, getattr(self, f"_{event.kind}"))

	def _do(self, clause: Clause, step: Any) -> None:
		"""One step, as one request: what it does is kept, or undone where it is refused."""
		refused = clause.of("refused")
		try:
			step(clause)
			frappe.db.commit()
		except (frappe.ValidationError, DomainError) as error:
			frappe.db.rollback()
			words = message_of(error) if isinstance(error, DomainError) else error
			message = frappe.utils.strip_html(str(words))
			if not refused or refused[0]["words"].lower() not in message.lower():
				raise ScenarioError(
					f"{clause.where}: «{clause.text}» was refused:\n  Refused: {message}"
				) from error
		else:
			if refused:
				raise ScenarioError(f"{refused[0].where}: «{clause.text}» was not refused.")

	# The contract

	def _contract(self, clause: Clause) -> None:
		currency = clause["currency"] or "NOK"
		_allow(currency)
		doc = frappe.new_doc("Billing Contract")
		doc.update({"company": COMPANY, "customer": customer(), "currency": currency})
		doc.update(
			{"start_date": clause["start"], "end_date": clause["end"], "term_months": clause["months"]}
		)
		doc.update(_rhythm(clause["rhythm"] or "monthly"))
		doc.timing = TIMINGS[clause["timing"] or "in advance"]
		for setting in clause.of("setting"):
			_set(doc, setting)
		for number, line in enumerate(clause.of("line"), start=1):
			item_code = self._item(line["line"])
			doc.append("lines", {"item_code": item_code, **_rules(line.terms), **_first_terms(line.terms)})
			for step in line.of("step"):
				doc.append(
					"ramp_steps", {"line_no": number, "effective_date": step["start"], **_step(step.terms)}
				)
			for part in (part for part in line.inside if part.kind in ("share", "milestone")):
				doc.append(
					"milestones",
					{"line_no": number, "title": part["name"], **_only(part, "percent", "amount")},
				)
		doc.insert()
		doc.submit()
		self.contracts.append(doc.name)

	def _item(self, name: str) -> str:
		if name not in self.items:
			self.items[name] = item(item_name=name)
		return self.items[name]

	def _line(self, name: str, where: str) -> str:
		"""The id of the newest line of that name."""
		for contract in reversed(self.contracts):
			for line in reversed(overview.lines_of(contract, self.today)):
				if line["label"] == name:
					return line["value"]
		raise ScenarioError(f"{where}: the contract has no line {name}.")

	# What happens to it

	def _amend(self, clause: Clause) -> None:
		self._amendment(
			"Change Lines",
			clause,
			effective_date=clause["start"],
			correction_billing=BILLING[clause["billing"]],
		)

	def _terminate(self, clause: Clause) -> None:
		unused = UNUSED[clause["unused"] or "with a credit"]
		self._amendment("Terminate Contract", clause, last_service_day=clause["last"], unused_time=unused)

	def _pause(self, clause: Clause) -> None:
		self._amendment(
			"Pause",
			clause,
			effective_date=clause["start"],
			resume_date=clause["resume"],
			extends_term=int(bool(clause["extends"])),
		)

	def _resume(self, clause: Clause) -> None:
		self._amendment("Resume", clause, effective_date=clause["start"])

	def _renew(self, clause: Clause) -> None:
		self._amendment("Renew", clause, effective_date=clause["start"], renewal_months=clause["months"] or 0)

	_go_on = _renew

	def _decline(self, clause: Clause) -> None:
		self._amendment("Do Not Renew", clause)

	def _billing_day(self, clause: Clause) -> None:
		self._amendment(
			"Change Billing Day",
			clause,
			effective_date=clause["start"],
			new_billing_day=clause["billing_day"],
		)

	def _transfer(self, clause: Clause) -> None:
		doc = self._amendment("Transfer", clause, effective_date=clause["start"], new_customer=customer())
		self.contracts.append(doc.reload().new_contract)

	def _amendment(self, kind: str, clause: Clause, **values: Any) -> Any:
		doc = frappe.new_doc("Billing Amendment")
		doc.update({"contract": self.contracts[-1], "amendment_type": kind, **values})
		for change in (change for change in clause.inside if change.place == "change"):
			doc.append("lines", self._change(change))
		doc.insert()
		doc.submit()
		self.amendments.append(doc.name)
		return doc

	def _change(self, change: Clause) -> dict[str, Any]:
		terms = change.terms
		if change.kind == "end":
			return {
				"change": "End Line",
				"contract_line": self._line(change["line"], change.where),
				"last_service_day": change["last"],
			}
		if change.kind == "terms":
			return {
				"change": "Change Terms",
				"contract_line": self._line(change["line"], change.where),
				"applies": _applies(terms),
				"drop_later_steps": int("final" in terms),
				**_new_terms(terms),
			}
		values = {**_rules(terms), **_new_terms(terms)}
		if change.kind == "cadence":
			return {
				"change": "Change Cadence",
				"contract_line": self._line(change["old"], change.where),
				**values,
			}
		values["item_code"] = self._item(change["line"])
		if change.kind == "add":
			return {"change": "Add Line", "new_quantity": 1.0, **values}
		return {"change": "Replace Line", "contract_line": self._line(change["old"], change.where), **values}

	def _undo(self, clause: Clause) -> None:
		frappe.get_doc("Billing Amendment", self._numbered(self.amendments, clause, "amendment")).cancel()

	def _complete(self, clause: Clause) -> None:
		contract = self.contracts[-1]
		names = {row.title: row.name for row in frappe.get_doc("Billing Contract", contract).milestones}
		if clause["milestone"] not in names:
			raise ScenarioError(f"{clause.where}: the milestones are {', '.join(names) or 'none'}.")
		step = milestones.reopen if clause.kind == "reopen" else milestones.complete
		day = () if clause.kind == "reopen" else (self.today,)
		step(contract, names[clause["milestone"]], *day)

	_reopen = _complete

	# What happens to its documents

	def _document(self, clause: Clause, number: int | None = None) -> Any:
		name = self._numbered(self.documents, clause, "document", number)
		return frappe.get_doc("Sales Invoice", name)

	def _numbered(self, names: list[str], clause: Clause, kind: str, number: int | None = None) -> str:
		number = number or clause["number"]
		if not 1 <= number <= len(names):
			raise ScenarioError(f"{clause.where}: there is no {kind} {number}, only {len(names)} so far.")
		return names[number - 1]

	def _cancel(self, clause: Clause) -> None:
		self._document(clause).cancel()

	def _release(self, clause: Clause) -> None:
		charge_decisions.release(self._document(clause).name)

	def _credit(self, clause: Clause) -> None:
		"""ERPNext's own credit note, over a part of the document's first row."""
		note = make_sales_return(self._document(clause).name)
		note.items = note.items[:1]
		note.items[0].update({"qty": -1, "rate": clause["amount"], "price_list_rate": clause["amount"]})
		note.update({"set_posting_time": 1, "posting_date": self.today, "due_date": None})
		note.update_outstanding_for_self = 0  # it reduces what the invoice leaves to pay
		note.insert()
		note.submit()
		self.documents.append(note.name)

	def _forgive(self, clause: Clause) -> None:
		self._decide(bill_again=False)

	def _rebill(self, clause: Clause) -> None:
		self._decide(bill_again=True)

	def _decide(self, *, bill_again: bool) -> None:
		name = frappe.get_last_doc(
			"Billing Charge", {"contract": self.contracts[-1], "kind": "Manual Credit"}
		)
		charge_decisions.decide_manual_credit(name.as_dict(), bill_again=bill_again)

	# What is expected

	def _run(self, clause: Clause) -> None:
		self._renew_due()
		for contract in self.contracts:
			contract_billing.bill(contract, self.today)
		made = self._new_documents()
		self.documents += [document.name for document in made]
		wanted = clause.of("document")
		# A document whose rows are not told is compared by its total.
		told = [bool(document.inside) for document in wanted] + [True] * len(made)
		texts = [self._as_text(document, rows=rows) for document, rows in zip(made, told, strict=False)]
		if [line for text in texts for line in text] != _wanted(wanted):
			shown = [line for document in made for line in self._as_text(document, rows=True)]
			raise ScenarioError(
				"\n".join(
					[f"{clause.where}: on {self.today} the run makes", *(shown or ["  nothing"]), "and not"]
					+ (_wanted(wanted) or ["  nothing"])
				)
			)

	def _renew_due(self) -> None:
		"""The renewals that the night makes, numbered after the amendments that people made."""
		if not renewal_rows.names_due(self.today):
			return
		renewals.renew_due()
		frappe.set_user("Administrator")  # the job has gone on as the service user
		known = {
			"contract": ("in", self.contracts),
			"docstatus": 1,
			"name": ("not in", self.amendments or [""]),
		}
		self.amendments += frappe.get_all(
			"Billing Amendment", filters=known, pluck="name", order_by="sequence"
		)

	def _new_documents(self) -> list[Any]:
		names = frappe.get_all(
			"Sales Invoice",
			filters={
				"billing_ext_contract": ("in", self.contracts),
				"name": ("not in", self.documents or [""]),
			},
			pluck="name",
			order_by="creation",
		)
		return [frappe.get_doc("Sales Invoice", name) for name in names]

	def _as_text(self, document: Any, *, rows: bool) -> list[str]:
		"""A document as a scenario says it."""
		kind = "Credit note" if document.is_return else "Debit note" if document.is_debit_note else "Invoice"
		against = ""
		if document.return_against:
			against = f" against document {self.documents.index(document.return_against) + 1}"
		lines = [f"  {kind} {_money(document.net_total)}{against}"]
		for row in document.items if rows else ():
			lines.append(
				f"    {_row_text(row.item_name, row.service_start_date, row.service_end_date, row.net_amount)}"
			)
		return lines

	def _night(self, clause: Clause) -> None:
		"""What the contract shows after the jobs of the day."""
		self._renew_due()
		name = self.contracts[-1]
		if name in contracts.to_advance(self.today):
			contract_state.refresh(name)
		made = [self._seen(sight) for sight in clause.inside]
		if made != [f"  {sight.text}" for sight in clause.inside]:
			raise ScenarioError(f"{clause.where}: on {self.today} the contract shows\n" + "\n".join(made))

	def _seen(self, sight: Clause) -> str:
		if sight.kind == "document":
			value = _field(self._document(sight), sight)
			return f"  Document {sight['number']} {sight['label']}: {value}"
		if sight.kind == "through":
			line = self._line(sight["line"], sight.where)
			shown = overview.of_contract(self.contracts[-1])["lines"]
			value = next(row["billed_through"] for row in shown if row["line"] == line)
			return f"  {sight['line']} billed through: {value or 'nothing'}"
		return f"  {sight['label']}: {_field(frappe.get_doc('Billing Contract', self.contracts[-1]), sight)}"


def _wanted(documents: list[Clause]) -> list[str]:
	"""What a scenario expects, written the one way in which what was made is written, too."""
	lines = []
	for document in documents:
		against = f" against document {document['against']}" if document["against"] else ""
		lines.append(f"  {document['kind']} {_money(document['total'])}{against}")
		for row in document.of("row"):
			lines.append(
				f"    {_row_text(row['line'], row['start'], row['end'] or row['start'], row['net'])}"
			)
	return lines


def _row_text(line: str, start: date, end: date, net: Any) -> str:
	days = f"{start}" if start == end else f"{start} to {end}"
	return f"{line} {days}: {_money(net)}"


def _money(amount: Any) -> str:
	"""At least two decimals, and the third where there is one."""
	exact = round(Decimal(str(amount)), 3)
	return f"{exact:.3f}" if exact != round(exact, 2) else f"{exact:.2f}"


def _set(doc: Any, setting: Clause) -> None:
	"""A setting by its label on the form. Raises ScenarioError that lists the labels."""
	field = _by_label(doc, setting, lambda field: not field.read_only)
	doc.set(field.fieldname, setting["value"])


def _by_label(doc: Any, clause: Clause, wanted: Callable[[Any], bool] = bool) -> Any:
	fields = [
		field
		for field in doc.meta.fields
		if field.label and field.fieldtype in data_fieldtypes and wanted(field)
	]
	found = [field for field in fields if field.label == clause["label"]]
	if not found:
		known = ", ".join(sorted(field.label for field in fields))
		raise ScenarioError(
			f"{clause.where}: a {doc.doctype} has no field «{clause['label']}». It has: {known}."
		)
	return found[0]


def _field(doc: Any, sight: Clause) -> str:
	"""A field's value as a scenario writes it."""
	field = _by_label(doc, sight)
	value = doc.get(field.fieldname)
	if field.fieldtype == "Currency":
		return _money(value)
	if field.fieldtype == "Check":
		return "yes" if value else "no"
	return str(value) if value else "nothing"


def _rhythm(words: str) -> dict[str, Any]:
	if words in RHYTHMS:
		return {"billing_interval_count": 1, "billing_interval": RHYTHMS[words]}
	count, unit = _interval(words.removeprefix("every "))
	return {"billing_interval_count": count, "billing_interval": unit}


def _interval(words: str) -> tuple[int, str]:
	"""2 months: two, Month."""
	count, unit = words.split() if " " in words else ("1", words)
	return int(count), unit.removesuffix("s").title()


def _rules(terms: dict[str, Any]) -> dict[str, Any]:
	"""What the phrases of a line say but for its terms."""
	values: dict[str, Any] = {}
	if "price_period" in terms:
		count, unit = _interval(terms["price_period"])
		values |= {"price_period_count": count, "price_period": unit}
	if "rhythm" in terms:
		values |= _rhythm(terms["rhythm"])
	for kind, line_type in (("one_off", "One-off"), ("milestones", "Milestones"), ("credit", "Credit")):
		if kind in terms:
			values["line_type"] = line_type
	if "timing" in terms:
		values["timing"] = TIMINGS[terms["timing"]]
	return values | {field: terms[name] for name, field in DATES.items() if name in terms}


def _first_terms(terms: dict[str, Any]) -> dict[str, float]:
	return {"quantity": 1.0, **_new_terms(terms, "")}


def _new_terms(terms: dict[str, Any], prefix: str = "new_") -> dict[str, float]:
	"""Price, quantity and discount, as far as the phrases name them."""
	fields = {"price": "price", "quantity": "quantity", "discount": "discount_percentage"}
	return {prefix + field: float(terms[name]) for name, field in fields.items() if name in terms}


def _step(terms: dict[str, Any]) -> dict[str, Any]:
	"""A step of a ramp: what it does not name stays."""
	return {**_new_terms(terms, ""), "keeps_discount": int("discount" not in terms)}


def _applies(terms: dict[str, Any]) -> str:
	if "waits" in terms:
		return "At Next Billing Period"
	return "On Effective Date" if "at_once" in terms else "As the Contract Says"


def _only(clause: Clause, *names: str) -> dict[str, Any]:
	return {name: float(clause[name]) for name in names if clause[name] is not None}


def _allow(currency: str) -> None:
	"""Let the company invoice in a foreign currency, at a rate of 10."""
	if currency == "NOK":
		return
	if currency in THREE_DECIMALS:
		frappe.db.set_default("currency_precision", 3)
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"date": "2024-01-01",
			"from_currency": currency,
			"to_currency": "NOK",
			"exchange_rate": 10,
			"for_selling": 1,
			"for_buying": 1,
		}
	).insert(ignore_if_duplicate=True)
