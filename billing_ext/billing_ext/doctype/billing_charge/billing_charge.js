frappe.ui.form.on("Billing Charge", {
	refresh(frm) {
		frm.disable_save();
		const derivation = JSON.parse(frm.doc.derivation || "null");
		const html = derivation ? billing_ext.derivation(derivation, frm.doc.currency) : "";
		frm.get_field("derivation_html").$wrapper.html(html);
	},
});
