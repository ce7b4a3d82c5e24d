// The versions of a template: what changed, the difference to the present, and back to it.

import { empty, text } from "./format";
import { diff_html } from "./liquid_diff";
import { API } from "./liquid_parts";
import { table } from "./table";

frappe.provide("billing_ext");

billing_ext.liquid_history = async function (frm) {
	const template = frm.doc.name;
	const $history = frm.get_field("history_html").$wrapper;
	if (frm.is_new()) return $history.html(empty(__("The first version is kept when you save.")));
	const versions = await frappe.xcall(`${API}.versions`, { template });
	if (frm.doc.name !== template) return;
	$history.html(history_html(versions, may_restore(frm)));
	$history.off("click").on("click", "[data-version]", ({ currentTarget: { dataset } }) => {
		const version = versions.find(({ name }) => name === dataset.version);
		if (dataset.action === "diff") billing_ext.show_liquid_diff(frm, version);
		else restore(frm, version);
	});
};

// What has changed since a version; without one, since the standard the template was copied from.
billing_ext.show_liquid_diff = async function (frm, version = null) {
	const parts = await frappe.xcall(`${API}.diff`, {
		template: frm.doc.name,
		version: version?.name || null,
		with_standard: version ? 0 : 1,
	});
	const before = version ? __("Version {0}", [version.number]) : frm.doc.based_on;
	const dialog = new frappe.ui.Dialog({
		title: version ? __("Changes since Version {0}", [version.number]) : __("Compare with Standard"),
		size: "extra-large",
		fields: [{ fieldname: "diff", fieldtype: "HTML" }],
	});
	dialog.get_field("diff").$wrapper.html(diff_html(parts, before, version ? __("Now") : frm.doc.name));
	dialog.show();
};

const may_restore = (frm) => !frm.doc.is_standard && frm.perm[0].write;

function history_html(versions, restorable) {
	if (!versions.length) return empty(__("There are no versions yet."));
	return table(
		[__("Version"), __("What Changed"), __("By"), __("When"), ""],
		versions.map((version, index) => [
			cstr(version.number),
			text(version.change_note),
			text(version.by),
			`<span title="${text(frappe.datetime.str_to_user(version.on))}">${when(version.on)}</span>`,
			index ? actions(version, restorable) : `<span class="text-muted">${__("Present")}</span>`,
		])
	);
}

const when = (on) => frappe.datetime.comment_when(on);

const actions = ({ name }, restorable) =>
	button("diff", name, __("Diff")) + (restorable ? ` ${button("restore", name, __("Restore"))}` : "");

const button = (action, version, label) =>
	`<button type="button" class="btn btn-xs btn-default" data-action="${action}" data-version="${text(
		version
	)}">${label}</button>`;

function restore(frm, version) {
	const question = __("Replace the present template by version {0}? The present one stays in the history.", [
		version.number,
	]);
	frappe.confirm(question, async () => {
		await frappe.xcall(`${API}.restore`, { template: frm.doc.name, version: version.name });
		await frm.reload_doc();
		frappe.show_alert({ message: __("Version {0} is restored.", [version.number]), indicator: "green" });
	});
}
