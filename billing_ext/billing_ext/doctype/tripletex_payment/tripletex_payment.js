frappe.ui.form.on("Tripletex Payment", {
	refresh(frm) {
		frm.disable_save();
		hide_what_says_nothing(frm);
		if (is_open_exception(frm.doc)) {
			frm.set_intro(__("Nothing is booked for this yet; it is tried again at each poll."), "red");
			if (frappe.model.can_submit("Payment Entry")) {
				frm.add_custom_button(__("Mark Explained"), () => explain(frm)).addClass("btn-primary");
			}
		} else if (frm.doc.missing_reads && frm.doc.status !== "Reversed") {
			frm.set_intro(
				__("The last answer of Tripletex did not show this any more. The next one decides."),
				"orange"
			);
		}
	},
});

function hide_what_says_nothing(frm) {
	const { company, currency, kind, status } = frm.doc;
	frm.toggle_display("amount", currency !== erpnext.get_currency(company));
	frm.toggle_display("kind", kind !== status);
	for (const field of ["money_account", "missing_reads"]) frm.toggle_display(field, Boolean(frm.doc[field]));
}

function is_open_exception(doc) {
	return doc.status === "Exception" && !doc.explanation;
}

function explain(frm) {
	frappe.prompt(
		{
			fieldname: "explanation",
			fieldtype: "Small Text",
			label: __("Explanation"),
			description: __("It is not tried any more then."),
			reqd: 1,
		},
		async ({ explanation }) => {
			await frappe.xcall("billing_ext.api.tripletex_payments.explain_exception", {
				payment: frm.doc.name,
				explanation,
			});
			frm.reload_doc();
		},
		__("Mark Explained")
	);
}
