const SHOWN = ["company", "logo", "font", "primary_color", "accent_color", "footer_text"];

frappe.ui.form.on("Billing Branding", {
	setup(frm) {
		frm.set_query("bank_account", () => ({ filters: { company: frm.doc.company, is_company_account: 1 } }));
	},

	refresh: show_swatch,

	...Object.fromEntries(SHOWN.map((field) => [field, show_swatch])),
});

async function show_swatch(frm) {
	const { company, logo } = frm.doc;
	const fallback = logo || !company ? "" : await company_logo(company);
	if (frm.doc.company !== company) return;
	swatch_of(frm).html(billing_ext.brand_swatch(frm.doc, fallback));
}

const company_logo = async (company) =>
	(await frappe.db.get_value("Company", company, "company_logo")).message?.company_logo || "";

function swatch_of(frm) {
	frm.$billing_swatch ||= $('<div class="billing-brand-stage"></div>').appendTo(
		frm.get_field("section_look").wrapper
	);
	return frm.$billing_swatch;
}
