const API = "billing_ext.api.runs";
const UNFINISHED = ["Queued", "Running"];
const LOOK_EVERY = 2000; // milliseconds, for sites whose socket.io is not reachable

frappe.ui.form.on("Billing Run", {
	setup(frm) {
		frm.set_query("contract", () => ({ filters: { docstatus: 1 } }));
		frappe.realtime.on("billing_run_progress", () => follow(frm));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		if (frm.doc.status !== "Draft") frm.disable_save();
		if (frm.has_perm("write")) add_actions(frm);
		if (frm.doc.errors) show_errors(frm);
		if (UNFINISHED.includes(frm.doc.status)) follow(frm);
	},
});

function add_actions(frm) {
	const add = (label, method) => frm.add_custom_button(label, () => call(frm, method));
	if (frm.doc.status === "Draft") {
		add(__("Start"), "start_run").addClass("btn-primary");
		return;
	}
	add(__("Restart"), "start_run");
	if (frm.doc.errors) add(__("Retry Errors"), "retry_errors").addClass("btn-primary");
}

async function call(frm, method) {
	await frappe.xcall(`${API}.${method}`, { run: frm.doc.name });
	frm.reload_doc();
}

async function follow(frm) {
	clearTimeout(frm.next_look);
	if (cur_frm !== frm || frm.is_new()) return;
	const name = frm.doc.name;
	const fields = ["status", "contracts_done", "contracts_total"];
	const { message: run } = await frappe.db.get_value("Billing Run", name, fields);
	if (frm.doc.name !== name) return;
	if (run.status !== frm.doc.status) {
		frm.reload_doc();
		return;
	}
	if (!UNFINISHED.includes(run.status)) return;
	show_progress(frm, run.contracts_done, run.contracts_total);
	frm.next_look = setTimeout(() => follow(frm), LOOK_EVERY);
}

function show_progress(frm, done, total) {
	const percent = total ? (100 * done) / total : 0;
	frm.dashboard.show_progress(__("Progress"), percent, __("{0} of {1} contracts", [done, total]));
}

async function show_errors(frm) {
	const $errors = frm.get_field("errors_html").$wrapper.empty();
	const name = frm.doc.name;
	const errors = await frappe.db.get_list("Billing Run Error", {
		filters: { billing_run: name },
		fields: ["name", "contract", "status", "message", "remedy"],
		order_by: "status, contract",
		limit: 500,
	});
	await frappe.model.with_doctype("Billing Run Error");
	if (frm.doc.name === name) $errors.html(billing_ext.run_errors(errors));
}
