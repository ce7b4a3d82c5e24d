// What a comparison of the books has shown, as one report: what differs first, then each part with both sides.

import { link, pill, text } from "./format";
import { number, table } from "./table";
import { moment, month, stored } from "./tripletex_parts";

frappe.provide("billing_ext.tripletex");

const HEADLINES = {
	Running: ["blue", () => __("The books are being compared.")],
	Green: ["green", () => __("The books agree to the øre.")],
	Explained: ["green", () => __("Every difference is explained.")],
	Red: ["red", () => __("The books differ.")],
	Failed: ["red", () => __("The books could not be compared.")],
};
const SECTIONS = {
	counts: () => __("Number of documents"),
	sums: () => __("Sums and VAT by code"),
	numbers: () => __("Numbers"),
	documents: () => __("Documents"),
	ledger: () => __("Ledger, moved since go-live"),
	outstanding: () => __("Outstanding by document"),
	payments: () => __("Money from customers, by account"),
};
const SUBJECTS = {
	invoices: () => __("Invoices"),
	"credit notes": () => __("Credit notes"),
	receivable: () => __("Receivables"),
	vat: () => __("Outgoing VAT"),
	income: () => __("Income"),
	deferred: () => __("Deferred revenue"),
	income_and_deferred: () => __("Income and deferred revenue"),
};
const SUMS = {
	net: () => __("net"),
	gross: () => __("gross"),
	base: (code) => __("base of VAT code {0}", [code]),
	amount: (code) => __("VAT of code {0}", [code]),
};

billing_ext.tripletex.comparison = function (doc) {
	const [colour, headline] = HEADLINES[doc.status];
	const compared = __("{0}, compared on {1} by {2}", [
		month(doc.month),
		moment(doc.run_at),
		full_name(doc.run_by),
	]);
	const report = doc.report_json && JSON.parse(doc.report_json);
	return `<div class="billing-overview billing-report">
		<h4>${pill(headline(), colour)} <small class="text-muted">${compared}</small></h4>
		${doc.error ? `<p>${text(doc.error)}</p>` : ""}
		${report ? parts(doc, report) : ""}
	</div>`;
};

// Not "You": what is printed must name the person.
const full_name = (user) => text(frappe.user_info(user).fullname);

function parts(doc, report) {
	const sections = report.sections.map((section) => section_html(doc, section)).join("");
	return `${differences(doc.differences)}${sections}${listed(report)}
		<p class="text-muted small">SHA-256 ${text(doc.digest)}</p>`;
}

function differences(rows) {
	if (!rows.length) return "";
	const cells = rows.map((row) => [
		text(row.label),
		row.reference_name ? link(row.reference_doctype, row.reference_name) : "",
		stored(row.ours),
		stored(row.theirs),
		stored(row.difference),
		explanation(row),
	]);
	const heads = [__("What"), __("Look at"), ...both_sides(), __("Explanation")];
	return `<h5>${__("Differences")}</h5>${table(heads, cells)}`;
}

const both_sides = () => [number("ERPNext"), number("Tripletex"), number(__("Difference"))];

function explanation(row) {
	if (!row.explanation) {
		return `<button class="btn btn-xs btn-default" data-explain="${text(row.name)}">${__("Mark Explained")}</button>`;
	}
	const who = `${full_name(row.explained_by)}, ${moment(row.explained_at)}`;
	return `${text(row.explanation)}<br><small class="text-muted">${who}</small>`;
}

function section_html(doc, { name, compared, values }) {
	const rows = Object.entries(values).map(([subject, [ours, theirs]]) => [
		text(subject_label(name, subject)),
		...[ours, theirs, Math.round(((ours ?? 0) - (theirs ?? 0)) * 100) / 100].map((value) => figure(name, value)),
	]);
	const body = rows.length ? table([__("What"), ...both_sides()], rows) : "";
	return `<h5>${SECTIONS[name]()} ${section_state(doc, name, compared)}</h5>${body}`;
}

function section_state(doc, name, compared) {
	const found = doc.differences.filter((row) => row.section === name);
	if (!found.length) return pill(__("{0} compared, all equal", [compared]), "green");
	const all_explained = found.every((row) => row.explanation);
	return all_explained
		? pill(__("Differences: {0}, explained", [found.length]), "green")
		: pill(__("Differences: {0}", [found.length]), "red");
}

function subject_label(section, subject) {
	if (section === "payments") return /^\d+$/.test(subject) ? __("Account {0}", [subject]) : subject;
	if (section !== "sums") return SUBJECTS[subject]();
	// "NOK gross", "NOK vat 3 base"
	const words = subject.split(" ");
	return `${words[0]}: ${SUMS[words.at(-1)](words[2])}`;
}

const figure = (section, value) => (section === "counts" ? text(value) : format_number(value ?? 0, null, 2));

function listed(report) {
	const outbox = report.outbox.map((row) => [
		link("Tripletex Outbox Message", row.subject, row.note),
		row.date ? moment(row.date) : "",
	]);
	const postings = report.hand_postings.map((row) => [
		text(row.note),
		row.date ? moment(row.date) : "",
		format_number(row.amount, null, 2),
	]);
	return (
		list(__("Not yet in Tripletex"), [__("Message"), __("Date")], outbox) +
		list(__("Booked by hand in Tripletex"), [__("What"), __("Date"), number(__("Amount"))], postings)
	);
}

const list = (title, heads, rows) => (rows.length ? `<h5>${title}</h5>${table(heads, rows)}` : "");
