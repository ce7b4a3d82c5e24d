// What a difference between ERPNext and Tripletex is about, in an accountant's words.

import { text } from "./format";
import { stored } from "./tripletex_parts";

frappe.provide("billing_ext.tripletex");

const FIELDS = {
	mapping: () => __("Customer in Tripletex"),
	name: () => __("Name"),
	customerNumber: () => __("Customer Number"),
	organizationNumber: () => __("Organisation Number"),
	isPrivateIndividual: () => __("Private Individual"),
	email: () => __("Email"),
	invoiceEmail: () => __("Email for Invoices"),
	overdueNoticeEmail: () => __("Email for Reminders"),
	phoneNumber: () => __("Phone"),
	language: () => __("Language"),
	invoiceSendMethod: () => __("Invoices are Sent by"),
	invoicesDueIn: () => __("Days until Due"),
	invoicesDueInType: () => __("Due after Days or Months"),
	postalAddress: () => __("Postal Address"),
	physicalAddress: () => __("Business Address"),
	addressLine1: () => __("Address Line 1"),
	addressLine2: () => __("Address Line 2"),
	postalCode: () => __("Postal Code"),
	city: () => __("City"),
	country: () => __("Country"),
	isInactive: () => __("Inactive"),
	isAutomaticSoftReminderEnabled: () => __("Automatic Friendly Reminder"),
	isAutomaticReminderEnabled: () => __("Automatic Reminder"),
	isAutomaticNoticeOfDebtCollectionEnabled: () => __("Automatic Notice of Debt Collection"),
	number: () => __("Number"),
	external_number: () => __("Number"),
	customer: () => __("Customer"),
	date: () => __("Date"),
	posting_date: () => __("Date"),
	due_date: () => __("Due Date"),
	currency: () => __("Currency"),
	net: () => __("Amount without VAT"),
	gross: () => __("Amount with VAT"),
	gross_nok: () => __("Amount with VAT in NOK"),
	amount: () => __("Amount"),
	kid: () => __("KID"),
	isClosed: () => __("Order is Closed"),
	account: () => __("Account"),
	vatType: () => __("VAT Code"),
	docstatus: () => __("Cancelled"),
};
const AMOUNTS = /^(net|gross|gross_nok|amount|vat .*)$/;

// "vat 3 base", "postalAddress.city", "currency.id"
billing_ext.tripletex.field_label = function (field) {
	const [, code, part] = /^vat (\S+) (\S+)$/.exec(field) || [];
	if (code) return part === "base" ? __("base of VAT code {0}", [code]) : __("VAT of code {0}", [code]);
	const parts = cstr(field).split(".").filter((each) => each !== "id");
	return parts.map((each) => (FIELDS[each] ? FIELDS[each]() : each)).join(": ");
};

// Safe HTML of either side's value.
billing_ext.tripletex.drift_value = (value, { field }) =>
	AMOUNTS.test(field) && value ? text(format_number(Number(value), null, 2)) : stored(value);
