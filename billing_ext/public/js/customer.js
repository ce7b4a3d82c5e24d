frappe.ui.form.on("Customer", {
	async refresh(frm) {
		if (frm.is_new() || !frappe.model.can_read("Billing Contract")) return;
		if (frappe.model.can_create("Billing Contract")) {
			const create = () => frappe.new_doc("Billing Contract", { customer: frm.doc.name });
			frm.add_custom_button(__("Billing Contract"), create, __("Create"));
		}
		const customer = frm.doc.name;
		const contracts = await frappe.xcall("billing_ext.api.contracts.customer_contracts", { customer });
		await frappe.model.with_doctype("Billing Contract");
		if (!contracts.length || frm.doc.name !== customer) return;
		frm.dashboard.add_section(billing_ext.customer_contracts(contracts), __("Billing Contracts"));
		frm.dashboard.show();
	},
});
