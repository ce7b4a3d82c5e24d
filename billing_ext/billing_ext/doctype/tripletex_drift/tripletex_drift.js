const API = "billing_ext.api.tripletex_drift";
const LOOK_EVERY = 2000; // milliseconds
const ACCEPTABLE =
	/^(name|email|invoiceEmail|(postal|physical)Address\.(addressLine1|addressLine2|postalCode|city))$/;

frappe.ui.form.on("Tripletex Drift", {
	setup(frm) {
		const { drift_value, field_label } = billing_ext.tripletex;
		frm.get_docfield("field").formatter = (value) => frappe.utils.escape_html(field_label(value));
		for (const side of ["ours", "theirs"])
			frm.get_docfield(side).formatter = (value, df, options, doc) => drift_value(value, doc);
	},

	refresh(frm) {
		frm.disable_save();
		if (frm.doc.status !== "Open") return;
		if (frm.doc.resolved_by) look_again(frm);
		show_next_step(frm);
		if (frm.has_perm("write")) add_actions(frm);
	},
});

function is_customer(frm) {
	return frm.doc.reference_doctype === "Customer" && frm.doc.field !== "mapping";
}

function show_next_step(frm) {
	if (frm.doc.field === "mapping") {
		frm.set_intro(__("The customer is gone from Tripletex. Its next invoice will stop there."), "orange");
	} else if (frm.doc.resolved_by) {
		frm.set_intro(__("Ours is on its way to Tripletex."), "blue");
	}
}

// Looks for the result itself: nothing tells the form that the worker has pushed.
function look_again(frm) {
	clearTimeout(frm.next_look);
	const name = frm.doc.name;
	frm.next_look = setTimeout(async () => {
		if (cur_frm !== frm || frm.doc.name !== name) return;
		const { message } = await frappe.db.get_value(frm.doctype, name, "status");
		if (message.status === "Open") look_again(frm);
		else frm.reload_doc();
	}, LOOK_EVERY);
}

function add_actions(frm) {
	if (is_customer(frm)) {
		frm.add_custom_button(__("Push Ours"), () => push(frm));
		if (ACCEPTABLE.test(frm.doc.field))
			frm.add_custom_button(__("Accept Theirs"), () => call(frm, "accept_theirs"));
	}
	frm.add_custom_button(__("Explain"), () => explain(frm));
}

function push(frm) {
	frappe.confirm(
		__("Tripletex gets the whole customer as it is in ERPNext. Other differences of it are overwritten too."),
		() => call(frm, "push_ours")
	);
}

function explain(frm) {
	frappe.prompt(
		{ fieldname: "reason", fieldtype: "Small Text", label: __("Why may it stay like this?"), reqd: 1 },
		({ reason }) => call(frm, "explain", { reason }),
		__("Explain"),
		__("Save")
	);
}

async function call(frm, method, values = {}) {
	await frappe.xcall(`${API}.${method}`, { drift: frm.doc.name, ...values });
	frm.reload_doc();
}
