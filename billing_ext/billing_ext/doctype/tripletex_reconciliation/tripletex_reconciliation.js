const API = "billing_ext.api.tripletex_reconciliation";
const LOOK_EVERY = 2000; // milliseconds
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

frappe.ui.form.on("Tripletex Reconciliation", {
	refresh(frm) {
		const $summary = frm.get_field("summary_html").$wrapper.empty();
		frm.toggle_display("differences", false);
		if (frm.is_new()) return;
		frm.disable_save();
		$summary.html(summary(frm.doc));
		$summary.on("click", "[data-explain]", (event) => explain(frm, event.currentTarget.dataset.explain));
		$summary.find("[data-explain]").toggle(frm.has_perm("write"));
		if (frm.doc.status === "Running") return look_again(frm);
		if (frm.has_perm("write")) frm.add_custom_button(__("Compare Again"), () => compare_again(frm));
		frm.add_custom_button(__("Print Summary"), () => print_summary(frm));
	},
});

function look_again(frm) {
	clearTimeout(frm.next_look);
	const name = frm.doc.name;
	frm.next_look = setTimeout(() => {
		if (cur_frm === frm && frm.doc.name === name) frm.reload_doc();
	}, LOOK_EVERY);
}

async function compare_again(frm) {
	const name = await frappe.xcall(`${API}.compare_again`, { reconciliation: frm.doc.name });
	frappe.set_route("Form", frm.doctype, name);
}

function explain(frm, row) {
	frappe.prompt(
		{ fieldname: "reason", fieldtype: "Small Text", label: __("Why is it right?"), reqd: 1 },
		async ({ reason }) => {
			await frappe.xcall(`${API}.explain`, { reconciliation: frm.doc.name, row, reason });
			frm.reload_doc();
		},
		__("Mark Explained"),
		__("Save")
	);
}

function print_summary(frm) {
	const page = window.open("", "_blank");
	const title = escape(`${frm.doc.company} ${month_of(frm.doc)}`);
	page.document.write(
		`<title>${title}</title><style>body{font:13px sans-serif;margin:2cm}table{border-collapse:collapse;width:100%}
		th,td{border-bottom:1px solid #bbb;padding:4px;text-align:left}.text-right{text-align:right}
		button{display:none}a{color:inherit}</style><h2>${title}</h2>${summary(frm.doc)}`
	);
	page.document.close();
	page.print();
}

// The summary

const escape = (text) => frappe.utils.escape_html(String(text ?? ""));

function month_of(doc) {
	return moment(doc.month).format("MM.YYYY");
}

function summary(doc) {
	const [color, headline] = HEADLINES[doc.status];
	const compared = doc.run_at
		? __("{0}, compared on {1} by {2}", [month_of(doc), frappe.datetime.str_to_user(doc.run_at), doc.run_by])
		: "";
	const head = `<h3><span class="indicator-pill ${color}">${headline()}</span></h3>
		<p class="text-muted">${escape(compared)}</p>`;
	if (!doc.report_json) return head;
	const report = JSON.parse(doc.report_json);
	const sections = report.sections.map((section) => section_html(doc, section)).join("");
	return head + differences_html(doc) + sections + listed_html(report) + digest_html(doc);
}

function table(headings, rows) {
	// Amounts stand between what they are of and what is said about them.
	const is_amount = (index) => index > 0 && index < 4;
	const cell = (tag, text, index) => `<${tag}${is_amount(index) ? ' class="text-right"' : ""}>${text}</${tag}>`;
	const line = (tag, cells) => `<tr>${cells.map((text, index) => cell(tag, text, index)).join("")}</tr>`;
	return `<table class="table table-bordered"><thead>${line("th", headings)}</thead>
		<tbody>${rows.map((cells) => line("td", cells)).join("")}</tbody></table>`;
}

function section_html(doc, section) {
	const found = section.mismatches.length;
	const state = found
		? `<span class="indicator-pill red">${__("Differences: {0}", [found])}</span>`
		: `<span class="indicator-pill green">${__("{0} compared, all equal", [section.compared])}</span>`;
	const values = Object.entries(section.values).map(([subject, [ours, theirs]]) => [
		escape(SUBJECTS[subject] ? SUBJECTS[subject]() : subject),
		...[ours, theirs, difference(ours, theirs)].map((value) => amount(value, section.name)),
	]);
	const headings = [__("What"), "ERPNext", "Tripletex", __("Difference")];
	const body = values.length ? table(headings, values) : "";
	return `<h4>${SECTIONS[section.name]()} ${state}</h4>${body}`;
}

function difference(ours, theirs) {
	return Math.round(((ours ?? 0) - (theirs ?? 0)) * 100) / 100;
}

function amount(value, section) {
	return section === "counts" ? escape(value) : format_number(value ?? 0, null, 2);
}

function differences_html(doc) {
	if (!doc.differences.length) return "";
	const rows = doc.differences.map((row) => [
		label_html(row),
		...[row.ours, row.theirs, row.difference].map(escape),
		explanation_html(row),
	]);
	const headings = [__("What"), "ERPNext", "Tripletex", __("Difference"), __("Explanation")];
	return `<h4>${__("Differences")}</h4>${table(headings, rows)}`;
}

function label_html(row) {
	if (!row.reference_name) return escape(row.label);
	return `${escape(row.label)} ${frappe.utils.get_form_link(
		row.reference_doctype,
		row.reference_name,
		true,
		escape(row.reference_name)
	)}`;
}

function explanation_html(row) {
	if (!row.explanation) {
		return `<button class="btn btn-xs btn-default" data-explain="${escape(row.name)}">
			${__("Mark Explained")}</button>`;
	}
	const who = `${row.explained_by}, ${frappe.datetime.str_to_user(row.explained_at)}`;
	return `${escape(row.explanation)}<br><small class="text-muted">${escape(who)}</small>`;
}

function listed_html(report) {
	const outbox = report.outbox.map((row) => [
		frappe.utils.get_form_link("Tripletex Outbox Message", row.subject, true, escape(row.note)),
		date_html(row),
	]);
	const postings = report.hand_postings.map((row) => [
		escape(row.note),
		date_html(row),
		format_number(row.amount, null, 2),
	]);
	return (
		list_html(__("Not yet in Tripletex"), [__("Message"), __("Date")], outbox) +
		list_html(__("Booked by hand in Tripletex"), [__("What"), __("Date"), __("Amount")], postings)
	);
}

function list_html(title, headings, rows) {
	return rows.length ? `<h4>${title}</h4>${table(headings, rows)}` : "";
}

function date_html(row) {
	return row.date ? escape(frappe.datetime.str_to_user(row.date)) : "";
}

function digest_html(doc) {
	return `<p class="text-muted small">SHA-256 ${escape(doc.digest)}</p>`;
}
