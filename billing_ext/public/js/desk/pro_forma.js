// The next invoice of a contract as a pro forma, before there is an invoice.

import { pdf_blob } from "./pdf_blob";
import { empty } from "./format";

frappe.provide("billing_ext");

billing_ext.show_pro_forma = function (frm) {
	let url = "";
	const dialog = new frappe.ui.Dialog({
		title: __("Pro Forma"),
		size: "extra-large",
		fields: [
			{
				fieldname: "as_of",
				fieldtype: "Date",
				label: __("What Is Due By"),
				description: __("Empty: the next invoice. It gets no number, and nothing of it is kept."),
				change: () => show(),
			},
			{ fieldname: "page", fieldtype: "HTML" },
		],
		primary_action_label: __("Download"),
		primary_action: () => {
			const name = `${frm.doc.name} ${__("Pro Forma")}.pdf`;
			$("<a>").attr({ href: url, download: name }).get(0).click();
		},
		on_hide: () => URL.revokeObjectURL(url),
	});
	const $page = dialog.get_field("page").$wrapper;

	async function show() {
		const as_of = dialog.get_value("as_of") || null;
		dialog.get_primary_btn().prop("disabled", true);
		$page.html(empty(__("Printing …")));
		let pdf;
		try {
			pdf = await frappe.xcall("billing_ext.api.contracts.pro_forma", { contract: frm.doc.name, as_of });
		} catch {
			$page.empty(); // the desk has shown why
			return;
		}
		if (as_of !== (dialog.get_value("as_of") || null)) return;
		URL.revokeObjectURL(url);
		url = URL.createObjectURL(pdf_blob(pdf));
		const $frame = $('<iframe class="billing-pro-forma"></iframe>').attr("title", __("Pro Forma"));
		$page.empty().append($frame.attr("src", `${url}#view=FitH`));
		dialog.get_primary_btn().prop("disabled", false);
	}

	dialog.show();
	show();
};
