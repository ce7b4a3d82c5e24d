// The way back from an import of contracts, for as long as they have not been billed.

const CONTRACTS = "Billing Contract";

frappe.ui.form.on("Data Import", {
	refresh(frm) {
		const { reference_doctype, import_type, status } = frm.doc;
		const inserted = reference_doctype === CONTRACTS && import_type === "Insert New Records";
		if (frm.is_new() || !inserted || !["Success", "Partial Success"].includes(status)) return;
		if (!frappe.model.can_cancel(CONTRACTS) || !frappe.model.can_delete(CONTRACTS)) return;
		frm.add_custom_button(__("Undo Import"), () =>
			frappe.confirm(
				__(
					"Cancel and delete the contracts of this import, with their amendments? Those that have been billed stay."
				),
				() => undo(frm)
			)
		);
	},
});

async function undo(frm) {
	const data_import = frm.doc.name;
	const kept = [];
	let deleted = 0;
	let more = true;
	frappe.dom.freeze(__("Deleting contracts ..."));
	try {
		while (more) {
			const answer = await frappe.xcall("billing_ext.api.migration.undo_import", {
				data_import,
				start: kept.length,
			});
			deleted += answer.deleted;
			kept.push(...answer.kept);
			more = answer.more;
		}
	} finally {
		frappe.dom.unfreeze();
	}
	show(deleted, kept);
	frm.reload_doc();
}

function show(deleted, kept) {
	const rows = kept.map(({ contract, reason }) => {
		const link = frappe.utils.get_form_link(CONTRACTS, contract, true);
		return `<li>${link}: ${frappe.utils.escape_html(reason)}</li>`;
	});
	frappe.msgprint({
		title: __("Undo Import"),
		indicator: kept.length ? "orange" : "green",
		message: `<p>${__("{0} contracts were deleted.", [deleted])}</p>${
			rows.length ? `<p>${__("These stay:")}</p><ul>${rows.join("")}</ul>` : ""
		}`,
	});
}
