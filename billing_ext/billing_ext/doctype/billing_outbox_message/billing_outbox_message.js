frappe.ui.form.on("Billing Outbox Message", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.status !== "Failed" || !frappe.model.can_write("Sales Invoice")) return;
		frm.add_custom_button(__("Send Again"), () => send_again(frm)).addClass("btn-primary");
	},
});

async function send_again(frm) {
	await frappe.xcall("billing_ext.api.runs.retry_message", { message: frm.doc.name });
	frm.reload_doc();
}
