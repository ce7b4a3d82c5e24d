const API = "billing_ext.api.runs";
const UNFINISHED = ["Queued", "Running"];
const LOOK_EVERY = 2000; // milliseconds, for sites whose socket.io is not reachable

frappe.ui.form.on("Billing Run", {
	setup(frm) {
		frm.set_query("contract", () => ({ filters: { docstatus: 1 } }));
		frappe.realtime.on("billing_run_progress", ({ finished }) => {
			if (finished || !frm.next_look) follow(frm);
		});
	},

	refresh(frm) {
		if (frm.is_new()) return;
		if (frm.doc.status !== "Draft") frm.disable_save();
		if (frm.has_perm("write")) add_actions(frm);
		if (frm.doc.errors) show_errors(frm);
		show_messages(frm);
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

async function ask(method, run) {
	const answer = await frappe.call({ method: `${API}.${method}`, args: { run }, type: "GET" });
	return answer.message;
}

async function follow(frm) {
	clearTimeout(frm.next_look);
	frm.next_look = null;
	if (cur_frm !== frm || frm.is_new()) return;
	const name = frm.doc.name;
	const run = await ask("progress", name);
	if (frm.doc.name !== name) return;
	if (run.status !== frm.doc.status) {
		frm.reload_doc();
		return;
	}
	if (!UNFINISHED.includes(run.status)) return;
	show_progress(frm, run);
	frm.next_look = setTimeout(() => follow(frm), LOOK_EVERY);
}

// Not on the form's dashboard, which is on the tab of connections.
function show_progress(frm, run) {
	frm.get_field("progress_html").$wrapper.html(billing_ext.run_progress(run));
	if (run.errors !== frm.doc.errors) show_errors(frm);
	for (const field of ["contracts_done", "errors"]) {
		frm.doc[field] = run[field];
		frm.refresh_field(field);
	}
}

// E-mails and bookings go on after the run has ended.
async function show_messages(frm) {
	if (!frm.doc.started_at) return;
	const name = frm.doc.name;
	const messages = await ask("messages", name);
	await Promise.all(Object.keys(messages).map((doctype) => frappe.model.with_doctype(doctype)));
	if (frm.doc.name !== name) return;
	frm.get_field("follow_ups_html").$wrapper.html(billing_ext.run_messages(name, messages));
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
