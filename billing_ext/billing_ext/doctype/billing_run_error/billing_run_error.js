frappe.ui.form.on("Billing Run Error", {
	refresh(frm) {
		frm.disable_save();
	},
});
