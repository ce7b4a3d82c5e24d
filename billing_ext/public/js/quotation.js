frappe.ui.form.on("Quotation", {
	refresh(frm) {
		const agreed = frm.doc.docstatus === 1 && frm.doc.status !== "Lost";
		billing_ext.show_contract_action(frm, "make_from_quotation", agreed);
		if (agreed) offer_acceptance(frm);
	},
});

// For a customer who says yes without an order.
function offer_acceptance(frm) {
	const { billing_ext_accepted_on: accepted, status } = frm.doc;
	const ordered = ["Ordered", "Partially Ordered"].includes(status);
	if (accepted || ordered || !billing_ext.is_of_contract(frm)) return;
	if (!frm.has_perm("submit") || !frappe.model.can_submit("Billing Contract")) return;
	frm.add_custom_button(__("Accept"), () => {
		frappe.confirm(
			__("The customer has accepted the quotation. Its contract becomes active and is billed from now on."),
			() => accept(frm)
		);
	});
}

async function accept(frm) {
	const quotation = frm.doc.name;
	const contract = await frappe.xcall("billing_ext.api.deals.accept_quotation", { quotation });
	frappe.show_alert({ message: __("{0} is active.", [contract]), indicator: "green" });
	frm.reload_doc();
}
