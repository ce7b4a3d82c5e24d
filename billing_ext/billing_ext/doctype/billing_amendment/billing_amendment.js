const API = "billing_ext.api.contracts";
// prettier-ignore
const SHOWN_IN_PREVIEW = [
	"contract", "amendment_type", "effective_date", "last_service_day", "unused_time", "resume_date", "extends_term",
	"renewal_months", "new_billing_day", "new_customer", "correction_billing",
];
// prettier-ignore
const SHOWN_OF_LINE = [
	"change", "contract_line", "applies", "drop_later_steps", "last_service_day", "new_price", "new_quantity", "new_discount_percentage",
	"item_code", "line_type", "end_date", "free_until", "anchor_date", "billing_interval_count", "billing_interval", "timing",
	"price_period_count", "price_period",
];

frappe.ui.form.on("Billing Amendment", {
	setup(frm) {
		billing_ext.set_line_queries(frm);
		frm.set_query("new_customer", () => ({ filters: { disabled: 0 } }));
		frm.set_query("contract", () => ({ filters: { docstatus: 1, status: ["!=", "Ended"] } }));
		frm.show_preview = frappe.utils.debounce(() => show_preview(frm), 400);
	},

	onload(frm) {
		if (!frm.is_new()) return;
		if (frm.doc.contract) fetch_contract(frm);
		if (frm.doc.amendment_type === "Change Lines" && !frm.doc.lines?.length) frm.add_child("lines");
	},

	refresh(frm) {
		const formatter = (value, df, options, row) => frappe.utils.escape_html(row?.line_title || value || "");
		frm.get_field("lines").grid.update_docfield_property("contract_line", "formatter", formatter);
		load_lines(frm);
		frm.show_preview();
		if (!frm.doc.contract) return;
		frm.add_custom_button(__("Contract"), () =>
			frappe.set_route("Form", "Billing Contract", frm.doc.contract)
		);
	},

	amendment_type(frm) {
		if (frm.doc.amendment_type !== "Change Lines") frm.clear_table("lines");
		frm.refresh_field("lines");
	},

	contract: load_lines,
	effective_date: load_lines,
	lines_remove: (frm) => frm.show_preview(),
});

const preview_on = (fields) =>
	Object.fromEntries(fields.map((field) => [field, (frm) => frm.show_preview()]));
frappe.ui.form.on("Billing Amendment", preview_on(SHOWN_IN_PREVIEW));
frappe.ui.form.on("Billing Amendment Line", preview_on(SHOWN_OF_LINE));

frappe.ui.form.on("Billing Amendment Line", {
	contract_line(frm, doctype, name) {
		const line = frm.contract_lines?.find((line) => line.value === locals[doctype][name].contract_line);
		if (!line) return;
		const { price, quantity, discount_percentage, label } = line;
		frappe.model.set_value(doctype, name, {
			line_title: label,
			old_price: Number(price),
			new_price: Number(price),
			old_quantity: Number(quantity),
			new_quantity: Number(quantity),
			old_discount_percentage: Number(discount_percentage),
			new_discount_percentage: Number(discount_percentage),
		});
	},
});

// A form opened from a contract knows only its name.
async function fetch_contract(frm) {
	const fields = ["customer", "customer_name", "company", "currency"];
	const { message } = await frappe.db.get_value("Billing Contract", frm.doc.contract, fields);
	frm.set_value(message);
}

async function load_lines(frm) {
	const { contract, effective_date } = frm.doc;
	if (!contract || frm.doc.docstatus) return;
	const lines = await frappe.xcall(`${API}.contract_lines`, { contract, on: effective_date });
	frm.contract_lines = lines;
	// Numbered, because the control tells options apart by their labels.
	const options = lines.map(({ value, label, description, ended }, index) => ({
		value,
		label: `${index + 1}. ${label} (${description})`,
		ended,
	}));
	const running = options.filter((option) => !option.ended);
	frm.get_field("lines").grid.update_docfield_property("contract_line", "options", running);
}

function show_preview(frm) {
	const request = (frm.preview_request = {});
	const show = (html) => request === frm.preview_request && frm.get_field("preview_html").$wrapper.html(html);
	if (frm.doc.docstatus || !is_complete(frm.doc)) {
		show("");
		return;
	}
	frappe.call({
		method: `${API}.preview_amendment`,
		args: { amendment: frm.doc },
		silent: true,
		callback: ({ message }) => show(billing_ext.amendment_preview(message)),
		error: (r) => show(billing_ext.amendment_problem(problem(r))),
	});
}

const problem = (r) => JSON.parse(JSON.parse(r?._server_messages || '["{}"]')[0]).message;

const NEEDED = {
	"Terminate Contract": ["last_service_day"],
	"Do Not Renew": [],
	Renew: [],
	Transfer: ["effective_date", "new_customer"],
	"Change Billing Day": ["effective_date", "new_billing_day"],
};

function is_complete(doc) {
	const needed = NEEDED[doc.amendment_type] || ["effective_date"];
	if (!doc.contract || !needed.every((field) => doc[field])) return false;
	if (doc.amendment_type !== "Change Lines") return true;
	const lines = doc.lines || [];
	const filled = (line) => (line.change === "Add Line" ? line.item_code : line.contract_line);
	return Boolean(lines.length && lines.every(filled));
}
