frappe.ui.form.on("Sales Invoice", {
	refresh(frm) {
		const { billing_ext_contract: contract, billing_ext_run: run, docstatus, items } = frm.doc;
		if (frm.doc.billing_ext_tripletex_status) add_messages(frm);
		if (!contract) return;
		const of_rows = items.map((row) => row.billing_ext_contract).filter(Boolean);
		const contracts = new Set([contract, ...of_rows]);
		if (contracts.size > 1) add_list(frm, "Billing Contract", [...contracts]);
		else add_link(frm, "Billing Contract", contract);
		if (run) add_link(frm, "Billing Run", run);
		if (docstatus === 2) offer_release(frm);
	},
});

function add_link(frm, doctype, name) {
	if (!frappe.model.can_read(doctype)) return;
	frm.add_custom_button(__(doctype), () => frappe.set_route("Form", doctype, name), __("View"));
}

// Contracts that share the invoice.
function add_list(frm, doctype, names) {
	if (!frappe.model.can_read(doctype)) return;
	const show = () => frappe.set_route("List", doctype, { name: ["in", names] });
	frm.add_custom_button(__(doctype), show, __("View"));
}

// What has been sent to Tripletex about the document, and what stands in the way.
function add_messages(frm) {
	const doctype = "Tripletex Outbox Message";
	if (!frappe.model.can_read(doctype)) return;
	const show = () => frappe.set_route("List", doctype, { reference_name: frm.doc.name });
	frm.add_custom_button(__("Tripletex"), show, __("View"));
}

// Charges of a cancelled invoice still count as billed, until somebody lets them be billed again.
async function offer_release(frm) {
	const invoice = frm.doc.name;
	if (!frm.has_perm("cancel") || !frappe.model.can_read("Billing Charge")) return;
	const held = await frappe.db.count("Billing Charge", {
		filters: { sales_invoice: invoice, status: "Held" },
	});
	if (!held || frm.doc.name !== invoice) return;
	frm.add_custom_button(__("Release for Re-billing"), async () => {
		const count = await frappe.xcall("billing_ext.api.contracts.release_charges", { invoice });
		frappe.show_alert({ message: __("{0} charges will be billed again.", [count]), indicator: "green" });
		frm.reload_doc();
	});
}
