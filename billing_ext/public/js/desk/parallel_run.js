// What a parallel run has shown: counts by verdict that filter the rows, totals by currency, the rows themselves.

import { arithmetic, date, empty, link, money, pill, span, text } from "./format";
import { number, table } from "./table";

frappe.provide("billing_ext");

const MOST_ROWS = 500; // of one verdict on the screen; Export has all
const COMPARED = ["Differences", "No Differences"];
const VERDICTS = [
	["Amount Differs", "amount_differs", "orange"],
	["Only There", "only_there", "red"],
	["Only Here", "only_here", "red"],
	["Contract Unknown", "contract_unknown", "red"],
	["Same", "same", "green"],
];

billing_ext.show_parallel_run = (frm) => {
	const $wrapper = frm.get_field("summary_html").$wrapper;
	const problems = JSON.parse(frm.doc.problems || "[]");
	const parts = problems.length ? [list_of_problems(frm.doc, problems)] : [];
	const compared = COMPARED.includes(frm.doc.status);
	if (compared) parts.push(head(frm.doc), '<div class="billing-verdict-rows"></div>');
	$wrapper.html(parts.join(""));
	if (!compared) return;
	if (frappe.model.can_export(frm.doctype)) {
		frm.add_custom_button(__("Export Rows"), () => export_rows(frm.doc.name));
	}
	const show = (verdict) => {
		$wrapper.find("[data-verdict]").each((_index, button) => {
			button.setAttribute("aria-pressed", button.dataset.verdict === verdict);
		});
		$wrapper.find(".billing-verdict-rows").html(rows_of(frm.doc, verdict));
	};
	$wrapper.find("[data-verdict]").on("click", ({ currentTarget }) => show(currentTarget.dataset.verdict));
	const [worst] = VERDICTS.find(([, field]) => frm.doc[field]) || VERDICTS[0];
	show(worst);
};

function list_of_problems(doc, problems) {
	const title = COMPARED.includes(doc.status)
		? __("These contracts cannot be billed and are left out.")
		: __("There is no comparison.");
	const rows = problems.map((problem) => [
		problem.contract ? link("Billing Contract", problem.contract) : "",
		text(problem.text),
		text(problem.remedy),
	]);
	return table([__("Contract"), __("What Happened"), __("What to Do")], rows, title);
}

function head(doc) {
	const buttons = VERDICTS.map(
		([verdict, field, colour]) =>
			`<button type="button" class="btn btn-default btn-sm" data-verdict="${verdict}">
				${pill(__(verdict, null, "Billing Parallel Run Row"), doc[field] ? colour : "gray")}
				<b>${doc[field]}</b>
			</button>`
	);
	const totals = doc.totals.map((total) => [
		text(total.currency),
		money(total.ours, total.currency),
		money(total.theirs, total.currency),
		`<b class="${total.difference ? "text-danger" : "text-success"}">${money(
			total.difference,
			total.currency
		)}</b>`,
	]);
	return `
		<p class="text-muted">${__("{0} contracts, invoices of {1}", [
			doc.contracts,
			span(doc.from_date, doc.to_date),
		])}</p>
		${table([__("Currency"), number(__("Ours")), number(__("Theirs")), number(__("Difference"))], totals)}
		<div class="billing-verdicts">${buttons.join("")}</div>`;
}

function rows_of(doc, verdict) {
	const rows = doc.rows.filter((row) => row.verdict === verdict);
	if (!rows.length) return empty(__("There are none."));
	const columns = [
		__("Contract"),
		__("Line"),
		__("Service Period"),
		number(__("Ours")),
		number(__("Theirs")),
		number(__("Difference")),
		__("Explanation"),
		__("Invoices There"),
	];
	const shown = rows.slice(0, MOST_ROWS).map((row) => [
		contract(row),
		text(row.line),
		`${date(row.service_from)} – ${date(row.service_to)}`,
		money(row.ours, row.currency),
		money(row.theirs, row.currency),
		`<b>${money(row.difference, row.currency)}</b>`,
		explanation(row),
		file_place(row),
	]);
	const more = rows.length - shown.length;
	return table(columns, shown) + (more ? empty(__("{0} more; Export Rows has all.", [more])) : "");
}

function contract(row) {
	if (!row.contract) return text(row.external_id);
	const there = row.external_id && row.external_id !== row.contract ? text(row.external_id) : "";
	return `${link("Billing Contract", row.contract)}<div class="text-muted">${there}</div>`;
}

function explanation(row) {
	return arithmetic(row.explanation)
		.replace(/\d{4}-\d\d-\d\d/g, date)
		.replace(/\n/g, "<br>");
}

function file_place(row) {
	const place = row.file_rows ? __("row {0} of the file", [text(row.file_rows)]) : "";
	return `${text(row.invoices)}<div class="text-muted">${place}</div>`;
}

function export_rows(name) {
	const method = "/api/method/frappe.core.doctype.data_import.data_import.download_template";
	const fields = frappe.get_meta("Billing Parallel Run Row").fields.filter((field) => field.label);
	open_url_post(method, {
		doctype: "Billing Parallel Run",
		file_type: "Excel",
		export_records: "by_filter",
		export_fields: {
			"Billing Parallel Run": ["name", "company", "from_date", "to_date"],
			rows: fields.map((field) => field.fieldname),
		},
		export_filters: { name },
	});
}
