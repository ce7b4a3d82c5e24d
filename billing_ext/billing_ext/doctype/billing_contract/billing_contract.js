const API = "billing_ext.api.contracts";

frappe.ui.form.on("Billing Contract", {
	setup(frm) {
		billing_ext.set_contract_queries(frm);
		// A contract's deal stays valid when the contract is cancelled.
		frm.ignore_doctypes_on_cancel_all = ["Quotation", "Sales Order"];
	},

	onload(frm) {
		// One with lines was copied, amended or made of a deal, and brings its own values.
		const filled = (frm.doc.lines || []).some((row) => row.item_code);
		if (frm.is_new() && frm.doc.customer && !filled) frm.trigger("customer");
		if (frm.is_new() && !frm.doc.lines?.length) frm.add_child("lines");
	},

	refresh(frm) {
		billing_ext.offer_languages(frm);
		if (frm.is_new()) return;
		frm.add_custom_button(__("Preview"), () => when_saved(frm, () => billing_ext.show_preview(frm)));
		if (frm.doc.docstatus !== 2 && frappe.model.can_print("Sales Invoice")) {
			frm.add_custom_button(__("Pro Forma"), () => when_saved(frm, () => billing_ext.show_pro_forma(frm)));
		}
		if (frm.doc.docstatus !== 1) return;
		add_actions(frm);
		show_overview(frm);
	},

	async customer(frm) {
		if (!frm.doc.customer) return;
		const fields = [
			"default_currency",
			"default_price_list",
			"customer_primary_contact",
			"customer_primary_address",
		];
		const { message: customer } = await frappe.db.get_value("Customer", frm.doc.customer, fields);
		await frm.set_value({
			price_list: customer.default_price_list || frm.doc.price_list,
			contact_person: customer.customer_primary_contact,
			customer_address: customer.customer_primary_address,
			currency: customer.default_currency || company_currency(frm),
		});
	},

	company(frm) {
		if (!frm.doc.currency) frm.set_value("currency", company_currency(frm));
	},

	async contact_person(frm) {
		if (!frm.doc.contact_person) return frm.set_value("contact_email", "");
		const { message: contact } = await frappe.db.get_value("Contact", frm.doc.contact_person, "email_id");
		frm.set_value("contact_email", contact.email_id);
	},
});

frappe.ui.form.on("Billing Contract Line", {
	item_code: fill_price,
	uom: fill_price,
});

const show_line_title = (frm, doctype, name) => {
	const row = locals[doctype][name];
	const line = (frm.doc.lines || []).find(({ idx }) => idx === row.line_no);
	frappe.model.set_value(doctype, name, "line_title", line ? line.item_name || line.item_code : "");
};

frappe.ui.form.on("Billing Ramp Step", { line_no: show_line_title });

async function fill_price(frm, doctype, name) {
	const row = locals[doctype][name];
	if (!row.item_code || !frm.doc.price_list) return;
	const price = await frappe.xcall(`${API}.list_price`, {
		item_code: row.item_code,
		price_list: frm.doc.price_list,
		customer: frm.doc.customer,
		on: row.start_date || frm.doc.start_date || frappe.datetime.get_today(),
		uom: row.uom,
	});
	if (price) frappe.model.set_value(doctype, name, "price", Number(price));
}

const company_currency = (frm) => frm.doc.company && erpnext.get_currency(frm.doc.company);

const when_saved = (frm, then) => (frm.is_dirty() ? frm.save().then(then) : then());

function add_actions(frm) {
	if (frappe.model.can_create("Billing Run")) {
		frm.add_custom_button(__("Bill Now"), () => billing_ext.show_preview(frm, { bill: true }));
	}
	if (!frappe.model.can_create("Billing Amendment") || frm.doc.status === "Ended") return;
	const amend = (amendment_type) =>
		frappe.new_doc("Billing Amendment", { contract: frm.doc.name, amendment_type });
	const change = (label, type) => frm.add_custom_button(label, () => amend(type), __("Change"));
	change(__("Lines and Prices"), "Change Lines");
	change(__("Pause"), "Pause");
	change(__("Resume"), "Resume");
	change(__("Billing Day"), "Change Billing Day");
	change(__("Transfer to Another Customer"), "Transfer");
	change(__("Terminate"), "Terminate Contract");
}

async function show_overview(frm) {
	const name = frm.doc.name;
	const $overview = frm.get_field("overview_html").$wrapper;
	if ($overview.data("contract") !== name) $overview.empty().data("contract", name);
	const overview = await frappe.xcall(`${API}.contract_overview`, { contract: name });
	await frappe.model.with_doctype("Billing Charge");
	if (frm.doc.name !== name) return;
	show_state(frm, overview.state);
	$overview.html(billing_ext.contract_overview(overview));
	$overview.find("[data-decision]").on("click", ({ currentTarget: { dataset } }) => decide(frm, dataset));
	billing_ext.bind_milestones(frm, $overview, overview.milestones.rows);
}

// Billing changes these fields without the form, or its time stamp, knowing.
function show_state(frm, state) {
	Object.assign(frm.doc, state);
	frm.toolbar.set_indicator();
	Object.keys(state).forEach((field) => frm.refresh_field(field));
	frm.set_intro(
		state.status === "Needs Attention" ? frappe.utils.escape_html(state.billing_error) : "",
		"red"
	);
	billing_ext.show_term(frm);
	billing_ext.add_renewal_actions(frm); // needs the term, which a contract has only once it is submitted
}

async function decide(frm, { decision, name }) {
	if (decision === "release") {
		await frappe.xcall(`${API}.release_charges`, { invoice: name });
	} else {
		const bill_again = decision === "bill_again";
		await frappe.xcall(`${API}.decide_manual_credit`, { charge: name, bill_again });
	}
	frm.reload_doc();
}
