frappe.ui.form.on("Billing Settings", {
	async bulk_check(frm) {
		if (frm.is_dirty()) {
			frappe.throw(__("Save the settings first, then compare."));
		}
		await frappe.call({
			method: "billing_ext.api.runs.compare_lanes",
			freeze: true,
			freeze_message: __("Making some invoices both ways, and undoing them…"),
		});
		frm.reload_doc();
	},
});
