frappe.ui.form.on("Tripletex Outbox Message", {
	refresh(frm) {
		frm.disable_save();
		billing_ext.tripletex.show_hint(frm);
		billing_ext.tripletex.add_actions(frm);
	},
});
