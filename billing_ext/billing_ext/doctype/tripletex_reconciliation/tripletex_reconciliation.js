const API = "billing_ext.api.tripletex_reconciliation";
const LOOK_EVERY = 2000; // milliseconds

frappe.ui.form.on("Tripletex Reconciliation", {
	refresh(frm) {
		const $summary = frm.get_field("summary_html").$wrapper.empty();
		// The report says all that the fields do.
		frm.toggle_display("section_comparison", frm.is_new());
		frm.toggle_display("section_differences", false);
		if (frm.is_new()) return;
		frm.disable_save();
		$summary.html(billing_ext.tripletex.comparison(frm.doc));
		const may_write = frm.has_perm("write");
		$summary
			.find("[data-explain]")
			.toggle(may_write)
			.on("click", ({ target }) => explain(frm, target.dataset.explain));
		if (frm.doc.status === "Running") return look_again(frm);
		if (may_write) frm.add_custom_button(__("Compare Again"), () => compare_again(frm));
		frm.add_custom_button(__("Print Summary"), () => print_summary(frm.doc));
	},
});

function look_again(frm) {
	clearTimeout(frm.next_look);
	const name = frm.doc.name;
	frm.next_look = setTimeout(() => {
		if (cur_frm === frm && frm.doc.name === name) frm.reload_doc();
	}, LOOK_EVERY);
}

async function compare_again(frm) {
	const name = await frappe.xcall(`${API}.compare_again`, { reconciliation: frm.doc.name });
	frappe.set_route("Form", frm.doctype, name);
}

function explain(frm, row) {
	frappe.prompt(
		{ fieldname: "reason", fieldtype: "Small Text", label: __("Why is it right?"), reqd: 1 },
		async ({ reason }) => {
			await frappe.xcall(`${API}.explain`, { reconciliation: frm.doc.name, row, reason });
			frm.reload_doc();
		},
		__("Mark Explained"),
		__("Save")
	);
}

function print_summary(doc) {
	const page = window.open("", "_blank");
	const title = frappe.utils.escape_html(`${doc.company} ${moment(doc.month).format("MM.YYYY")}`);
	page.document.write(
		`<title>${title}</title><style>body{font:13px sans-serif;margin:2cm}table{border-collapse:collapse;width:100%}
		th,td{border-bottom:1px solid #bbb;padding:4px;text-align:left}.billing-number{text-align:right}
		button{display:none}a{color:inherit}</style><h2>${title}</h2>${billing_ext.tripletex.comparison(doc)}`
	);
	page.document.close();
	page.print();
}
