"""What is paid, credited, rounded or written off in Tripletex stands in ERPNext once, to the øre; and out again."""

from datetime import date
from decimal import Decimal
from threading import Thread

import frappe
import pytest
from site_builders import COMPANY, customer, gl_of, unique
from tripletex_simulator.ledger import book, match, posting, postings_of

from billing_ext.api import tripletex_payments
from billing_ext.repositories import customer_status
from billing_ext.repositories.tripletex import entries
from billing_ext.services.tripletex import inbound, open_items

pytestmark = pytest.mark.commits

BANK, DEBTORS, CASH = "Operating Account - FS", "Debtors - FS", "Cash - FS"
ROUNDING, LOSSES, EXCHANGE = "Round Off - FS", "Write Off - FS", "Exchange Gain/Loss - FS"
PAID_ON = date(2026, 10, 12)


@pytest.fixture
def books(tripletex):
	"""Books whose roundings and losses are mapped; the settings of the site as they were before."""
	tripletex.settings(rounding_account=ROUNDING, write_off_account=LOSSES)
	yield tripletex
	frappe.db.rollback()
	frappe.set_user("Administrator")
	freeze(None)


def freeze(until) -> None:
	frappe.db.set_single_value("Accounts Settings", "acc_frozen_upto", until)
	frappe.db.commit()


def invoiced(books, *amounts, **values):
	"""A submitted invoice that is booked in Tripletex, and its number there."""
	invoice = books.invoice(*amounts, **values)
	books.deliver()
	invoice.reload()
	assert invoice.billing_ext_tripletex_status == "Booked"
	return invoice, int(invoice.billing_ext_number)


def poll(books) -> None:
	frappe.db.commit()
	inbound.poll(COMPANY)
	frappe.set_user("Administrator")
	frappe.db.rollback()
	assert books.sim.violations == []


def rows(invoice) -> list:
	return frappe.get_all(
		"Tripletex Payment",
		filters={"sales_invoice": invoice.name},
		fields=["*"],
		order_by="creation",
	)


def entries_of(invoice) -> list:
	"""The submitted Payment Entries made for an invoice."""
	names = [row.payment_entry for row in rows(invoice) if row.payment_entry]
	found = [frappe.get_doc("Payment Entry", name) for name in names]
	return [entry for entry in found if entry.docstatus == 1]


def outstanding(invoice) -> float:
	return frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount")


def agree(books, invoice) -> None:
	"""ERPNext's outstanding and Tripletex's are equal, and so are the balances of the customer there and here."""
	number = frappe.db.get_value("Sales Invoice", invoice.name, "billing_ext_number")
	remote = books.sim.invoice_by_number(int(number))
	assert Decimal(str(outstanding(invoice))) == remote["amountCurrencyOutstanding"]
	assert customer_balance(invoice) == remote_balance(books, invoice)


def customer_balance(invoice) -> Decimal:
	"""What the customer owes by ERPNext's ledger, in company currency."""
	found = frappe.get_all(
		"GL Entry",
		filters={"party": invoice.customer, "is_cancelled": 0},
		fields=["sum(debit) as debit", "sum(credit) as credit"],
	)[0]
	return Decimal(str(round((found.debit or 0) - (found.credit or 0), 2)))


def remote_balance(books, invoice) -> Decimal:
	"""What the customer owes by the simulator's ledger, in NOK."""
	state = books.sim.state
	own = frappe.get_all(
		"Tripletex Mapping", filters={"kind": "Customer", "local_key": invoice.customer}, pluck="tripletex_id"
	)
	receivable = next(row["id"] for row in state.table("Account").values() if row["number"] == 1500)
	mine = [
		row["amount"]
		for row in state.table("Posting").values()
		if row["account"] == receivable and row.get("customer") == int(own[0])
	]
	return sum(mine, Decimal(0))


def hand_voucher(books, sales, units, nok, *others, kind="Bankavstemming"):
	"""A voucher by hand: one posting that settles these invoices (vouchers), in their currency, and its other side."""
	with books.sim.change() as state:
		own = [postings_of(state, state.table("Voucher")[voucher], 1500)[0] for voucher in sales]
		more = {"customer": own[0]["customer"], "currency": own[0]["currency"]}
		rest = [posting(state, account, Decimal(amount)) for account, amount in others]
		paid = posting(state, 1500, -Decimal(nok), in_currency=-Decimal(units), **more)
		voucher = book(state, str(PAID_ON), kind, "Bilag", [paid, *rest])
		match(state, [*own, postings_of(state, voucher, 1500)[0]])
		return voucher["id"]


def voucher_of(invoice) -> int:
	"""The voucher of an invoice in Tripletex."""
	return int(frappe.db.get_value("Tripletex Mapping", {"local_key": invoice.name}, "voucher_id"))


# Payments in


def test_a_full_payment_pays_the_invoice(books):
	invoice, number = invoiced(books, 1000)
	voucher = books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	(entry,) = entries_of(invoice)
	(row,) = rows(invoice)
	assert gl_of(entry) == {BANK: 1250.00, DEBTORS: -1250.00}
	assert (entry.posting_date, entry.reference_date) == (PAID_ON, PAID_ON)
	assert entry.reference_no == f"TLX-{row.posting_id}"
	assert str(voucher["number"]) in entry.remarks
	assert (row.status, row.kind, row.amount, row.money_account) == ("Booked", "Payment", 1250.00, 1920)
	assert entry.owner == frappe.db.get_single_value("Billing Settings", "service_user")
	assert frappe.db.get_value("Sales Invoice", invoice.name, "status") == "Paid"
	agree(books, invoice)


def test_polling_twice_books_nothing_twice(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 500, PAID_ON)
	poll(books)
	books.wait(hours=1)
	poll(books)
	assert len(rows(invoice)) == len(entries_of(invoice)) == 1
	assert outstanding(invoice) == 750.00
	assert frappe.db.get_value("Tripletex Settings", COMPANY, "polled_at") == books.local()
	agree(books, invoice)


def test_two_payments_make_two_entries(books):
	invoice, number = invoiced(books, 1000.10)
	books.sim.bank.pay(number, "400.05", PAID_ON)
	books.sim.bank.ocr(invoice.billing_ext_kid, "850.08", date(2026, 10, 14))
	poll(books)
	assert sorted(entry.paid_amount for entry in entries_of(invoice)) == [400.05, 850.08]
	ocr = next(row for row in rows(invoice) if row.voucher_type == "Betaling med KID-nummer")
	assert (ocr.external_reference, ocr.posting_date) == (invoice.billing_ext_kid, date(2026, 10, 14))
	assert outstanding(invoice) == 0
	agree(books, invoice)


def test_what_is_paid_too_much_is_an_advance_and_paid_back_from_it(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1300, PAID_ON)
	poll(books)
	(entry,) = entries_of(invoice)
	assert (entry.paid_amount, entry.unallocated_amount) == (1300.00, 50.00)
	assert "50 NOK" in rows(invoice)[0].reason
	assert outstanding(invoice) == 0
	assert customer_balance(invoice) == remote_balance(books, invoice) == -50
	books.sim.bank.pay(number, -50, date(2026, 10, 14))
	poll(books)
	refund = entries_of(invoice)[1]
	assert (refund.payment_type, gl_of(refund)) == ("Pay", {BANK: -50.00, DEBTORS: 50.00})
	assert outstanding(invoice) == 0
	assert customer_balance(invoice) == remote_balance(books, invoice) == 0


def test_a_payment_undone_by_a_negative_one_opens_the_invoice_again(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	books.sim.bank.pay(number, -1250, date(2026, 10, 14))
	poll(books)
	assert {row.kind for row in rows(invoice)} == {"Payment", "Refund"}
	assert outstanding(invoice) == 1250.00
	agree(books, invoice)


def test_roundings_and_losses_go_to_the_accounts_of_the_settings(books):
	invoice, number = invoiced(books, 1000.40)
	books.sim.bank.pay(number, 1000, PAID_ON)
	books.sim.bank.round_off(number, "0.50", PAID_ON)
	books.sim.bank.write_off(number, 250, PAID_ON)
	poll(books)
	journals = {row.kind: row.journal_entry for row in rows(invoice) if row.journal_entry}
	assert gl_of(frappe.get_doc("Journal Entry", journals["Rounding"])) == {ROUNDING: 0.50, DEBTORS: -0.50}
	assert gl_of(frappe.get_doc("Journal Entry", journals["Write-Off"])) == {LOSSES: 250.00, DEBTORS: -250.00}
	assert outstanding(invoice) == 0
	assert status_of(invoice.customer) == "Paid"
	agree(books, invoice)


def test_a_loss_without_an_account_is_an_exception_until_there_is_one(books):
	books.settings(write_off_account=None)
	invoice, number = invoiced(books, 1000)
	books.sim.bank.write_off(number, 1250, PAID_ON)
	poll(books)
	(row,) = rows(invoice)
	assert row.status == "Exception"
	assert "Tripletex Settings" in row.reason
	assert outstanding(invoice) == 1250.00
	books.settings(write_off_account=LOSSES)
	poll(books)
	(row,) = rows(invoice)
	assert (row.status, row.kind, row.reason) == ("Booked", "Write-Off", None)
	agree(books, invoice)


def test_money_on_an_account_that_is_not_mapped_waits_for_the_map(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON, account=1900)
	poll(books)
	(row,) = rows(invoice)
	assert (row.status, row.payment_entry) == ("Exception", None)
	settings = frappe.get_doc("Tripletex Settings", COMPANY)
	settings.append("accounts", {"account": CASH, "number": 1900})
	settings.flags.ignore_validate = True
	settings.save()
	poll(books)
	(entry,) = entries_of(invoice)
	assert gl_of(entry) == {CASH: 1250.00, DEBTORS: -1250.00}


def test_an_explained_exception_is_not_tried_again(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON, account=2400)
	poll(books)
	(row,) = rows(invoice)
	assert row.status == "Exception"
	with pytest.raises(frappe.ValidationError, match="explanation is empty"):
		tripletex_payments.explain_exception(row.name, " ")
	tripletex_payments.explain_exception(row.name, "Set off against a supplier invoice by hand.")
	calls = len(books.sim.requests)
	poll(books)
	assert len(books.sim.requests) == calls + 1  # the list of invoices, and no voucher
	assert rows(invoice)[0].modified == frappe.db.get_value("Tripletex Payment", row.name, "modified")
	assert not entries_of(invoice)


def test_money_and_a_rounding_in_one_voucher_settle_together(books):
	invoice, _number = invoiced(books, 1000.40)
	hand_voucher(books, [voucher_of(invoice)], "1250.50", "1250.50", (1920, "1250"), (7740, "0.50"))
	poll(books)
	(row,) = rows(invoice)
	assert gl_of(frappe.get_doc("Payment Entry", row.payment_entry)) == {BANK: 1250.00, DEBTORS: -1250.00}
	assert gl_of(frappe.get_doc("Journal Entry", row.journal_entry)) == {ROUNDING: 0.50, DEBTORS: -0.50}
	assert outstanding(invoice) == 0
	agree(books, invoice)


def test_a_fee_that_nothing_is_known_of_is_an_exception_and_books_nothing(books):
	invoice, _number = invoiced(books, 1000)
	hand_voucher(books, [voucher_of(invoice)], "1250", "1250", (1920, "1240"), (7770, "10"))
	poll(books)
	(row,) = rows(invoice)
	assert (row.status, row.payment_entry, row.journal_entry) == ("Exception", None, None)
	assert frappe.db.count("Payment Entry", {"party": invoice.customer}) == 0


def test_one_payment_for_two_invoices_is_allocated_to_both(books):
	first, _number = invoiced(books, 1000)
	second, _other = invoiced(books, 400, party=first.customer)
	hand_voucher(books, [voucher_of(first), voucher_of(second)], "1700", "1700", (1920, "1700"))
	poll(books)
	(entry,) = entries_of(first)
	assert {row.reference_name: row.allocated_amount for row in entry.references} == {
		first.name: 1250.00,
		second.name: 450.00,
	}
	assert entry.unallocated_amount == 0
	assert outstanding(first) == 0
	assert outstanding(second) == 50.00


def test_a_payment_of_an_invoice_that_erpnext_has_cancelled_is_an_exception(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	frappe.db.set_value("Sales Invoice", invoice.name, "docstatus", 2)
	poll(books)
	(row,) = rows(invoice)
	assert (row.status, row.payment_entry) == ("Exception", None)
	assert invoice.name in row.reason


# Matched with credit notes


def test_a_credit_note_matched_there_needs_no_entry(books):
	invoice, _number = invoiced(books, 1000)
	note = books.credit(invoice)
	books.deliver(rounds=2)
	poll(books)
	found = rows(invoice) + rows(note)
	assert {(row.kind, row.status) for row in found} == {("Credit Note", "Matched")}
	assert outstanding(invoice) == outstanding(note) == 0
	assert not entries_of(invoice)
	agree(books, invoice)


def test_a_match_that_erpnext_does_not_have_is_an_exception_until_it_has(books):
	invoice, _number = invoiced(books, 1000)
	books.credit(invoice, 400)
	books.deliver(rounds=2)
	frappe.db.set_value("Sales Invoice", invoice.name, "outstanding_amount", 1250)
	poll(books)
	exceptions = [row for row in rows(invoice) if row.status == "Exception"]
	assert exceptions
	assert "750" in exceptions[0].reason
	frappe.db.set_value("Sales Invoice", invoice.name, "outstanding_amount", 750)
	poll(books)
	assert {row.status for row in rows(invoice)} == {"Matched"}


def test_money_back_for_a_credited_payment_settles_the_credit(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	note = books.credit(invoice)
	books.deliver(rounds=2)
	note.reload()
	assert customer_balance(invoice) == remote_balance(books, invoice) == -1250
	books.sim.bank.pay(int(note.billing_ext_number), -1250, date(2026, 10, 14))
	poll(books)
	(refund,) = [entry for entry in entries_of(invoice) + entries_of(note) if entry.payment_type == "Pay"]
	assert gl_of(refund) == {BANK: -1250.00, DEBTORS: 1250.00}
	assert refund.unallocated_amount == 0
	assert outstanding(invoice) == outstanding(note) == 0
	assert customer_balance(invoice) == remote_balance(books, invoice) == 0


# Foreign currency


EURO = "Debtors EUR - FS"


@pytest.fixture
def euro(books):
	"""An invoice currency with its own receivable account; the rate is the simulator's of the invoice's day."""
	if not frappe.db.exists("Account", EURO):
		parent = frappe.db.get_value("Account", DEBTORS, "parent_account")
		frappe.get_doc(
			{
				"doctype": "Account",
				"account_name": "Debtors EUR",
				"parent_account": parent,
				"company": COMPANY,
				"account_type": "Receivable",
				"account_currency": "EUR",
			}
		).insert()
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
	)
	frappe.db.commit()
	yield books
	frappe.db.rollback()
	frappe.db.set_single_value(
		"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 0
	)
	frappe.db.commit()


def rate_of(books) -> float:
	row = books.client().get("/currency/{id}/rate", {"id": 5}, date="2026-10-05")
	return float(row["rate"])


def euro_invoice(books, receivable, *amounts):
	party = customer(default_currency="EUR")
	return invoiced(
		books, *amounts, party=party, currency="EUR", conversion_rate=rate_of(books), debit_to=receivable
	)


@pytest.mark.parametrize("receivable", [EURO, DEBTORS])
@pytest.mark.parametrize("gained", [Decimal("31.47"), Decimal("-12.08")])
def test_a_payment_in_euro_books_the_exchange_difference(euro, receivable, gained):
	invoice, number = euro_invoice(euro, receivable, 100.01)
	nok = Decimal(str(invoice.base_grand_total)) + gained
	euro.sim.bank.pay(number, str(invoice.grand_total), PAID_ON, amount_nok=nok)
	poll(euro)
	(entry,) = entries_of(invoice)
	assert gl_of(entry)[BANK] == float(nok)
	assert customer_balance(invoice) == remote_balance(euro, invoice) == 0
	assert exchange_of(invoice) == -gained
	assert outstanding(invoice) == 0
	assert entry.unallocated_amount == 0


@pytest.mark.parametrize("receivable", [EURO, DEBTORS])
def test_a_euro_invoice_paid_in_three_parts_leaves_no_øre(euro, receivable):
	invoice, number = euro_invoice(euro, receivable, 100.01)
	total = Decimal(str(invoice.grand_total))
	for part in (Decimal("33.33"), Decimal("33.37"), total - Decimal("66.70")):
		euro.sim.bank.pay(number, part, PAID_ON)
		poll(euro)
	assert len(entries_of(invoice)) == 3
	assert outstanding(invoice) == 0
	assert customer_balance(invoice) == remote_balance(euro, invoice) == 0


def test_a_rest_of_a_euro_invoice_is_written_off(euro):
	invoice, number = euro_invoice(euro, EURO, 100)
	euro.sim.bank.pay(number, 120, PAID_ON)
	poll(euro)
	nok = str(round(5 * rate_of(euro), 2))
	hand_voucher(euro, [voucher_of(invoice)], "5", nok, (7830, nok))
	poll(euro)
	assert outstanding(invoice) == 0
	assert customer_balance(invoice) == remote_balance(euro, invoice) == 0
	loss = next(row for row in rows(invoice) if row.kind == "Write-Off")
	assert gl_of(frappe.get_doc("Journal Entry", loss.journal_entry))[LOSSES] == float(nok)


def exchange_of(invoice) -> Decimal:
	"""Debit less credit on the exchange account by the entries of an invoice's payments."""
	names = [name for row in rows(invoice) for name in (row.payment_entry, row.journal_entry) if name]
	journals = frappe.get_all(
		"Journal Entry Account", filters={"reference_name": ("in", names)}, pluck="parent"
	)
	found = frappe.get_all(
		"GL Entry",
		filters={"voucher_no": ("in", names + journals), "account": EXCHANGE, "is_cancelled": 0},
		fields=["sum(debit) as debit", "sum(credit) as credit"],
	)[0]
	return Decimal(str(round((found.debit or 0) - (found.credit or 0), 2)))


@pytest.mark.parametrize("receivable", [EURO, DEBTORS])
def test_euros_paid_too_much_are_an_advance_at_the_rate_they_came_in_at(euro, receivable):
	invoice, number = euro_invoice(euro, receivable, 100)
	euro.sim.bank.pay(number, 150, PAID_ON, amount_nok=1800)
	poll(euro)
	(entry,) = entries_of(invoice)
	assert gl_of(entry)[BANK] == 1800.00
	assert outstanding(invoice) == 0
	assert customer_balance(invoice) == -300  # 25 euros at 12 kroner
	assert exchange_of(invoice) == Decimal(str(invoice.base_grand_total)) - 1500


@pytest.mark.parametrize("nok", ["1160.01", "1160.03"])
def test_one_payment_in_euro_for_two_invoices_is_booked_to_the_øre(euro, nok):
	party = customer(default_currency="EUR")
	own = {"party": party, "currency": "EUR", "conversion_rate": rate_of(euro), "debit_to": EURO}
	first, _number = invoiced(euro, 40, **own)
	second, _other = invoiced(euro, 40, **own)
	value, here = (
		sum(Decimal(str(amount)) for amount in amounts)
		for amounts in (
			[euro.booked(each)["amount"] for each in (first, second)],
			[each.base_grand_total for each in (first, second)],
		)
	)
	bank, exchange = Decimal(nok), value - Decimal(nok)
	sales = [voucher_of(first), voucher_of(second)]
	hand_voucher(euro, sales, "100", str(value), (1920, bank), (8160, exchange))
	poll(euro)
	(entry,) = entries_of(first)
	assert gl_of(entry)[BANK] == float(nok)
	assert outstanding(first) == outstanding(second) == 0
	assert customer_balance(first) == remote_balance(euro, first) == 0
	assert exchange_of(first) == here - Decimal(nok)


@pytest.mark.parametrize("receivable", [EURO, DEBTORS])
def test_money_and_a_rounding_in_euro_settle_together(euro, receivable):
	invoice, _number = euro_invoice(euro, receivable, 100)
	nok = Decimal(str(invoice.base_grand_total))
	hand_voucher(
		euro, [voucher_of(invoice)], str(invoice.grand_total), str(nok), (1920, str(nok - 5)), (7740, "5")
	)
	poll(euro)
	(row,) = rows(invoice)
	assert gl_of(frappe.get_doc("Payment Entry", row.payment_entry))[BANK] == float(nok - 5)
	assert gl_of(frappe.get_doc("Journal Entry", row.journal_entry))[ROUNDING] == 5.00
	assert outstanding(invoice) == 0
	assert customer_balance(invoice) == remote_balance(euro, invoice) == 0


@pytest.mark.parametrize("receivable", [EURO, DEBTORS])
def test_euros_taken_back_after_the_books_were_frozen_leave_the_invoice_as_it_was(euro, receivable):
	invoice, number = euro_invoice(euro, receivable, 100)
	before = customer_balance(invoice), outstanding(invoice)
	voucher = euro.sim.bank.pay(number, 125, PAID_ON, amount_nok="1477.77")
	poll(euro)
	freeze("2026-10-31")
	euro.sim.bank.reverse(voucher["id"], PAID_ON)
	poll(euro)
	poll(euro)
	journal = gl_of(frappe.get_doc("Journal Entry", rows(invoice)[0].reversal_entry))
	assert journal[BANK] == -1477.77
	assert (customer_balance(invoice), outstanding(invoice)) == before


@pytest.mark.parametrize("receivable", [EURO, DEBTORS])
def test_money_back_in_euro_settles_the_credit(euro, receivable):
	invoice, number = euro_invoice(euro, receivable, 100)
	nok = Decimal(str(invoice.base_grand_total))
	euro.sim.bank.pay(number, 125, PAID_ON)
	poll(euro)
	note = euro.credit(invoice)
	euro.deliver(rounds=2)
	note.reload()
	euro.sim.bank.pay(int(note.billing_ext_number), -125, date(2026, 10, 14), amount_nok=-(nok + 20))
	poll(euro)
	(refund,) = [each for each in entries_of(invoice) + entries_of(note) if each.payment_type == "Pay"]
	assert gl_of(refund)[BANK] == -float(nok + 20)
	assert outstanding(invoice) == outstanding(note) == 0
	assert customer_balance(invoice) == remote_balance(euro, invoice) == 0
	assert exchange_of(invoice) + exchange_of(note) == 20


# Taken back


def test_a_payment_taken_back_is_cancelled_at_the_second_read_and_not_before(books):
	invoice, number = invoiced(books, 1000)
	voucher = books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	books.sim.bank.reverse(voucher["id"], date(2026, 10, 14))
	poll(books)
	assert (outstanding(invoice), rows(invoice)[0].missing_reads) == (0, 1)
	poll(books)
	(row,) = rows(invoice)
	assert (row.status, entries_of(invoice)) == ("Reversed", [])
	assert outstanding(invoice) == 1250.00
	agree(books, invoice)
	poll(books)
	assert len(rows(invoice)) == 1


def test_a_posting_that_one_answer_lacked_stays_booked(books, monkeypatch):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	whole = open_items.read

	def without_payments(link, hint=None):
		return [{**each, "postings": each["postings"][:1]} for each in whole(link, hint)]

	for read in (without_payments, whole, without_payments):
		monkeypatch.setattr(open_items, "read", read)
		poll(books)
	(row,) = rows(invoice)
	assert (row.status, row.missing_reads, outstanding(invoice)) == ("Booked", 1, 0)


def test_a_payment_taken_back_after_its_books_were_frozen_is_reversed_by_a_journal_entry(books):
	invoice, number = invoiced(books, 1000)
	voucher = books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	(entry,) = entries_of(invoice)
	freeze("2026-10-31")
	books.sim.gui.delete_payment(voucher["id"])
	poll(books)
	poll(books)
	(row,) = rows(invoice)
	journal = frappe.get_doc("Journal Entry", row.reversal_entry)
	assert (journal.posting_date, journal.docstatus) == (date(2026, 11, 1), 1)
	assert gl_of(journal) == {BANK: -1250.00, DEBTORS: 1250.00}
	assert frappe.db.get_value("Payment Entry", entry.name, "docstatus") == 1
	assert outstanding(invoice) == 1250.00
	assert frappe.db.exists("Tripletex Drift", {"reference_name": entry.name, "status": "Open"})
	poll(books)
	assert len(frappe.get_all("Journal Entry", {"cheque_no": entry.name})) == 1
	agree(books, invoice)


def test_a_payment_of_a_frozen_day_is_posted_on_the_first_open_one(books):
	invoice, number = invoiced(books, 1000)
	freeze("2026-10-31")
	books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	(entry,) = entries_of(invoice)
	assert (entry.posting_date, entry.reference_date) == (date(2026, 11, 1), PAID_ON)
	drift = frappe.get_doc("Tripletex Drift", {"reference_name": entry.name})
	assert (drift.field, drift.ours, drift.theirs) == ("posting_date", "2026-11-01", "2026-10-12")
	assert "01.11.2026" in rows(invoice)[0].reason
	agree(books, invoice)


def test_a_user_cannot_cancel_what_tripletex_has_booked(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	(entry,) = entries_of(invoice)
	with pytest.raises(frappe.ValidationError, match="Correct the payment in Tripletex"):
		entry.cancel()
	frappe.db.rollback()
	assert outstanding(invoice) == 0


def test_a_posting_that_comes_back_after_its_reversal_is_booked_anew(books, monkeypatch):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	whole = open_items.read

	def without_payments(link, hint=None):
		return [{**each, "postings": each["postings"][:1]} for each in whole(link, hint)]

	monkeypatch.setattr(open_items, "read", without_payments)
	poll(books)
	poll(books)
	assert outstanding(invoice) == 1250.00
	monkeypatch.setattr(open_items, "read", whole)
	poll(books)
	(row,) = rows(invoice)
	assert (row.status, outstanding(invoice), len(entries_of(invoice))) == ("Booked", 0, 1)
	agree(books, invoice)


# Who polls


def test_two_pollers_at_once_book_one_payment(books, site, monkeypatch):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	first = entries.receive

	def second_poller():
		frappe.init(site=site, sites_path=".")
		frappe.connect()
		try:
			inbound.poll(COMPANY)
		finally:
			frappe.destroy()

	others = []

	def while_booking(*args):
		"""The row is claimed, its transaction open: now comes the other one."""
		monkeypatch.setattr(entries, "receive", first)
		others.append(Thread(target=second_poller))
		others[0].start()
		others[0].join(2)
		assert others[0].is_alive()  # it waits for the unique key
		return first(*args)

	monkeypatch.setattr(entries, "receive", while_booking)
	poll(books)
	others[0].join(30)
	frappe.db.rollback()
	assert len(rows(invoice)) == len(entries_of(invoice)) == 1
	assert frappe.db.count("Payment Entry", {"party": invoice.customer}) == 1
	assert outstanding(invoice) == 0


def test_a_poll_for_one_invoice_reads_only_that_one(books):
	first, number = invoiced(books, 1000)
	second, other = invoiced(books, 2000)
	for each in (number, other):
		books.sim.bank.pay(each, 100, PAID_ON)
	mapping = frappe.db.get_value("Tripletex Mapping", {"local_key": second.name}, "tripletex_id")
	inbound.poll(COMPANY, hint=int(mapping))
	frappe.set_user("Administrator")
	assert (len(rows(first)), len(rows(second))) == (0, 1)


def test_nothing_is_polled_while_the_company_rests_or_does_not_want_it(books):
	invoice, number = invoiced(books, 1000)
	books.sim.bank.pay(number, 1250, PAID_ON)
	for off in ({"payments_from_tripletex": 0}, {"paused": 1}, {"enabled": 0}):
		books.settings(**off)
		poll(books)
		books.settings(payments_from_tripletex=1, paused=0, enabled=1)
	assert rows(invoice) == []


def test_windows_hold_all_days_and_no_long_gap():
	days = [(date(2026, 1, 5), 2), (date(2026, 1, 20), 999), (date(2026, 1, 25), 1), (date(2026, 6, 1), 3)]
	assert list(open_items.windows(days)) == [
		(date(2026, 1, 5), date(2026, 1, 6)),
		(date(2026, 1, 20), date(2026, 1, 26)),
		(date(2026, 6, 1), date(2026, 6, 2)),
	]
	assert list(open_items.windows([])) == []


def test_an_invoice_booked_as_a_voucher_is_paid_through_its_close_group(books):
	books.settings(strategy="Ledger voucher")
	invoice, _number = invoiced(books, 1000)
	hand_voucher(books, [voucher_of(invoice)], "1250", "1250", (1920, "1250"), kind="Betaling")
	poll(books)
	(entry,) = entries_of(invoice)
	assert gl_of(entry) == {BANK: 1250.00, DEBTORS: -1250.00}
	assert outstanding(invoice) == 0


# Payments out


def pay_here(invoice, amount, submit=True, **values):
	"""A payment that ERPNext received by itself, on its clearing account."""
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	entry = get_payment_entry("Sales Invoice", invoice.name, party_amount=amount)
	entry.update({"paid_to": CASH, "paid_to_account_currency": "NOK", "posting_date": PAID_ON, **values})
	entry.reference_no, entry.reference_date = "card", PAID_ON
	entry.insert()
	if submit:
		entry.submit()
	frappe.db.commit()
	return entry


def test_money_received_here_is_registered_there_once_and_taken_back(books):
	books.settings(register_payments=1)
	invoice, _number = invoiced(books, 1000)
	entry = pay_here(invoice, 800)
	books.deliver(rounds=2)
	assert books.message(entry, "Register Payment").status == "Synced"
	assert books.booked(invoice)["amountOutstanding"] == 450
	poll(books)
	(row,) = rows(invoice)
	assert (row.kind, row.status, row.payment_entry) == ("Own Payment", "Matched", entry.name)
	assert frappe.db.count("Payment Entry", {"party": invoice.customer}) == 1
	agree(books, invoice)
	entry.reload()
	entry.cancel()
	frappe.db.commit()
	books.deliver(rounds=2)
	assert books.message(entry, "Reverse Payment").status == "Synced"
	assert books.booked(invoice)["amountOutstanding"] == 1250
	poll(books)
	poll(books)
	assert rows(invoice)[0].status == "Reversed"
	agree(books, invoice)


def test_a_payment_whose_answer_is_lost_is_not_registered_twice(books):
	books.settings(register_payments=1)
	invoice, _number = invoiced(books, 1000)
	books.sim.faults.plan("PUT", "/invoice/{id}/:payment", "timeout_after_commit")
	entry = pay_here(invoice, 1250)
	books.deliver()
	assert books.message(entry, "Register Payment").status == "Unknown"
	poll(books)
	assert rows(invoice) == []  # nobody knows yet whose payment it is
	books.deliver(rounds=3)
	assert books.message(entry, "Register Payment").status == "Synced"
	poll(books)
	assert [row.kind for row in rows(invoice)] == ["Own Payment"]
	assert books.booked(invoice)["amountOutstanding"] == 0


def test_a_read_that_fails_after_the_payment_does_not_repeat_it(books):
	books.settings(register_payments=1)
	invoice, _number = invoiced(books, 1000)
	entry = pay_here(invoice, 500)
	books.sim.faults.plan("GET", "/invoice/{id}", "403", nth=2)
	books.deliver(rounds=3)
	assert books.message(entry, "Register Payment").status == "Synced"
	assert books.booked(invoice)["amountOutstanding"] == 750


def test_a_payment_not_sent_yet_is_dropped_when_it_is_cancelled(books):
	books.settings(register_payments=1)
	invoice, _number = invoiced(books, 1000)
	entry = pay_here(invoice, 500)
	entry.cancel()
	frappe.db.commit()
	books.deliver()
	assert books.message(entry).status == "Cancelled"
	assert books.booked(invoice)["amountOutstanding"] == 1250


def test_one_payment_for_two_invoices_is_registered_on_each(books):
	books.settings(register_payments=1)
	first, _number = invoiced(books, 1000)
	second, _other = invoiced(books, 400, party=first.customer)
	entry = pay_here(first, 1250)
	books.deliver()
	both = frappe.copy_doc(entry)
	entry.reload()
	entry.cancel()
	frappe.db.commit()
	books.deliver(rounds=2)
	both.references = []
	for invoice, amount in ((first, 1250), (second, 300)):
		both.append(
			"references",
			{
				"reference_doctype": "Sales Invoice",
				"reference_name": invoice.name,
				"allocated_amount": amount,
			},
		)
	both.update({"paid_amount": 1550, "received_amount": 1550})
	both.insert()
	both.submit()
	frappe.db.commit()
	books.deliver(rounds=2)
	assert books.booked(first)["amountOutstanding"] == 0
	assert books.booked(second)["amountOutstanding"] == 200


@pytest.mark.parametrize("receivable", [EURO, DEBTORS])
def test_euros_received_here_are_registered_in_both_currencies(euro, receivable):
	euro.settings(register_payments=1)
	invoice, _number = euro_invoice(euro, receivable, 100)
	nok = round(invoice.base_grand_total * 0.4, 2)
	entry = pay_here(invoice, 50 if receivable == EURO else nok, received_amount=nok)
	euro.deliver(rounds=2)
	assert euro.message(entry, "Register Payment").status == "Synced"
	assert euro.booked(invoice)["amountCurrencyOutstanding"] == 75
	put = [call for call in euro.sim.requests if call.path_template == "/invoice/{id}/:payment"]
	assert [
		(Decimal(call.query["paidAmount"]), Decimal(call.query["paidAmountCurrency"])) for call in put
	] == [(Decimal(str(nok)), Decimal("50"))]


def test_two_equal_payments_of_a_day_are_told_apart_though_an_answer_is_lost(books):
	books.settings(register_payments=1)
	invoice, _number = invoiced(books, 1000)
	books.sim.faults.plan("PUT", "/invoice/{id}/:payment", "timeout_before")
	first = pay_here(invoice, 500)
	books.deliver()
	second = pay_here(invoice, 500)
	books.deliver()
	states = {books.message(each, "Register Payment").status for each in (first, second)}
	assert states == {"Unknown", "Waiting"}
	books.deliver(rounds=4)
	poll(books)
	assert {row.payment_entry for row in rows(invoice)} == {first.name, second.name}
	assert books.booked(invoice)["amountOutstanding"] == 250


def test_the_shares_of_a_payment_in_euro_add_up_to_what_came_in(euro):
	euro.settings(register_payments=1)
	own = {"party": customer(default_currency="EUR"), "currency": "EUR", "debit_to": EURO}
	first, second = (euro.invoice(40, conversion_rate=11.6, **own) for _ in range(2))
	euro.deliver()
	entry = pay_here(first, 50, submit=False)
	row = {"reference_doctype": "Sales Invoice", "reference_name": second.name, "allocated_amount": 50}
	entry.append("references", row)
	entry.update({"paid_amount": 100, "received_amount": 1160.01})
	entry.save()
	entry.submit()
	frappe.db.commit()
	euro.deliver(rounds=2)
	put = [call for call in euro.sim.requests if call.path_template == "/invoice/{id}/:payment"]
	assert sorted(Decimal(call.query["paidAmount"]) for call in put) == [Decimal("580"), Decimal("580.01")]


def test_money_on_other_accounts_and_from_tripletex_is_not_registered(books):
	books.settings(register_payments=1)
	invoice, number = invoiced(books, 1000)
	pay_here(invoice, 100, paid_to=BANK)
	books.sim.bank.pay(number, 200, PAID_ON)
	poll(books)
	assert not frappe.db.exists("Tripletex Outbox Message", {"operation": "Register Payment"})


def test_an_own_payment_undone_in_tripletex_is_reported(books):
	books.settings(register_payments=1)
	invoice, _number = invoiced(books, 1000)
	entry = pay_here(invoice, 1250)
	books.deliver(rounds=2)
	poll(books)
	voucher = frappe.db.get_value("Tripletex Mapping", {"kind": "Payment"}, "voucher_id")
	books.sim.bank.reverse(int(voucher), date(2026, 10, 14))
	poll(books)
	poll(books)
	(row,) = rows(invoice)
	assert row.status == "Reversed"
	assert entry.name in row.reason
	assert frappe.db.get_value("Payment Entry", entry.name, "docstatus") == 1
	assert frappe.db.exists("Tripletex Drift", {"reference_name": entry.name, "status": "Open"})


# The customer's record


def status_of(party) -> str:
	return frappe.db.get_value("Customer", party, "billing_ext_payment_status") or ""


def test_the_customer_shows_whether_everything_is_paid(books):
	party = customer(customer_name=unique("Betaler"))

	def status() -> str:
		return status_of(party)

	customer_status.refresh()
	assert status() == ""
	_invoice, number = invoiced(books, 1000, party=party)
	customer_status.refresh({party})
	assert status() == "Pending"
	frappe.db.commit()
	books.wait(days=5)  # 20 October, the due date was the 19th
	assert customer_status.refresh() >= 1
	assert status() == "Overdue"
	frappe.db.commit()
	books.sim.bank.pay(number, 1250, PAID_ON)
	poll(books)
	assert status() == "Paid"
	assert customer_status.refresh({party}) == 0


def test_an_instalment_past_its_day_makes_the_customer_overdue(books):
	terms = [
		{"due_date": "2026-10-10", "invoice_portion": 40, "payment_amount": 500},
		{"due_date": "2026-12-10", "invoice_portion": 60, "payment_amount": 750},
	]
	invoice, number = invoiced(books, 1000, payment_schedule=terms, due_date=date(2026, 12, 10))
	customer_status.refresh({invoice.customer})
	assert status_of(invoice.customer) == "Overdue"
	frappe.db.commit()
	books.sim.bank.pay(number, 500, PAID_ON)
	poll(books)
	assert status_of(invoice.customer) == "Pending"
