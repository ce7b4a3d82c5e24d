frappe.ui.form.on("Sales Order", {
	refresh(frm) {
		billing_ext.show_contract_action(frm, "make_from_sales_order", frm.doc.docstatus === 1);
	},
});
