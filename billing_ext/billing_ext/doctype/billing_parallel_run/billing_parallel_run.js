const API = "billing_ext.api.migration";
const LOOK_EVERY = 2000; // milliseconds, for sites whose socket.io is not reachable

frappe.ui.form.on("Billing Parallel Run", {
	setup(frm) {
		frappe.realtime.on("billing_parallel_run_progress", (progress) => follow(frm, progress));
	},

	refresh(frm) {
		frm.get_field("summary_html").$wrapper.empty();
		frm.add_custom_button(__("Download Template"), () =>
			window.open(`/api/method/${API}.parallel_run_template`)
		);
		if (frm.is_new()) return;
		if (frm.has_perm("write") && frm.doc.invoices_file) {
			frm.add_custom_button(__("Compare"), () => compare(frm)).addClass("btn-primary");
		}
		if (frm.doc.status === "Queued") follow(frm);
		billing_ext.show_parallel_run(frm);
	},
});

async function compare(frm) {
	if (frm.is_dirty()) await frm.save();
	await frappe.xcall(`${API}.compare`, { parallel_run_name: frm.doc.name });
	frm.reload_doc();
}

async function follow(frm, progress = {}) {
	clearTimeout(frm.next_look);
	if (cur_frm !== frm || frm.is_new()) return;
	const name = frm.doc.name;
	if (progress.total) {
		const done = __("{0} of {1} contracts", [progress.done, progress.total]);
		frm.dashboard.show_progress(__("Progress"), (100 * progress.done) / progress.total, done);
	}
	const { message: run } = await frappe.db.get_value("Billing Parallel Run", name, "status");
	if (frm.doc.name !== name) return;
	if (run.status !== frm.doc.status) {
		frm.reload_doc();
	} else if (run.status === "Queued") {
		frm.next_look = setTimeout(() => follow(frm), LOOK_EVERY);
	}
}
