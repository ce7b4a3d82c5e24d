const sync = () => billing_ext.tripletex;

frappe.ui.form.on("Tripletex Settings", {
	setup(frm) {
		const of_company = () => ({ filters: { company: frm.doc.company } });
		const leaf = () => ({ filters: { company: frm.doc.company, is_group: 0 } });
		for (const field of ["write_off_account", "rounding_account"]) frm.set_query(field, leaf);
		for (const table of ["accounts", "payment_types"]) frm.set_query("account", table, leaf);
		frm.set_query("income_account", "vat_rules", leaf);
		frm.set_query("sales_taxes_template", "vat_rules", of_company);
		frm.set_query("item_tax_template", "vat_rules", of_company);
		frm.set_query("cost_center", "departments", leaf);
	},

	refresh(frm) {
		frm.toggle_display("panel_html", !frm.is_new());
		if (frm.is_new()) return;
		sync().show_panel(frm);
		add_queue_actions(frm);
		if (frm.has_perm("write")) add_setup_actions(frm);
	},
});

function add_setup_actions(frm) {
	const add = (label, action) => frm.add_custom_button(label, action, __("Set-up"));
	add(__("Check Connection"), () => sync().check_connection(frm));
	add(__("Propose Maps"), () => sync().propose_maps(frm));
	add(__("Start Dry Run"), () => sync().start_dry_run(frm));
	if (!frm.doc.webhook_enabled) {
		add(__("Subscribe to Webhook"), () => run(frm, "subscribe"));
		return;
	}
	add(__("Check Webhook"), () => run(frm, "check_webhook"));
	add(__("End Webhook"), () => run(frm, "unsubscribe"));
}

function add_queue_actions(frm) {
	if (!frm.doc.enabled) return;
	if (frm.doc.paused) {
		frm.set_intro(__("Paused: {0}", [frappe.utils.escape_html(frm.doc.pause_reason || "")]), "orange");
		frm.add_custom_button(__("Resume"), () => run(frm, "resume")).addClass("btn-primary");
		return;
	}
	const add = (label, action) => frm.add_custom_button(label, action, __("Queue"));
	add(__("Send Now"), () => run(frm, "send_now"));
	if (frm.doc.payments_from_tripletex) add(__("Poll Payments Now"), () => run(frm, "poll_payments"));
	add(__("Pause"), () => pause(frm));
}

async function run(frm, method, values = {}) {
	await frappe.call({
		method: `billing_ext.api.tripletex.${method}`,
		args: { company: frm.doc.name, ...values },
		freeze: true,
	});
	frm.reload_doc();
}

function pause(frm) {
	frappe.prompt(
		{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
		(values) => run(frm, "pause", values),
		__("Pause"),
		__("Pause")
	);
}
