frappe.ui.form.on("Opportunity", {
	refresh(frm) {
		billing_ext.show_contract_action(frm, "make_from_opportunity", frm.doc.status === "Converted");
	},
});
