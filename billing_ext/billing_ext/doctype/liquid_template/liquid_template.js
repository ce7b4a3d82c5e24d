const PAGE_FIELDS = [
	"page_size",
	"orientation",
	"margin_top",
	"margin_bottom",
	"margin_left",
	"margin_right",
	"letter_head",
	"print_language",
];

frappe.ui.form.on("Liquid Template", {
	setup(frm) {
		frm.page.sidebar?.hide(); // the room is for the editor; the page's own button brings it back
	},

	onload(frm) {
		if (frm.is_new() || frm.billing_opened === frm.docname) return;
		frm.billing_opened = frm.docname;
		frm.set_active_tab(frm.layout.tabs.find(({ df }) => df.fieldname === "tab_template"));
	},

	refresh(frm) {
		forget_change_note(frm);
		show_state(frm);
		if (!frm.is_new()) add_buttons(frm);
		billing_ext.liquid_studio(frm);
		billing_ext.liquid_history(frm);
	},

	document_type: (frm) => billing_ext.liquid_studio(frm),

	...Object.fromEntries(PAGE_FIELDS.map((field) => [field, (frm) => frm.billing_studio?.preview.schedule()])),
});

// What changed belongs to the version that was saved, not to the next one.
function forget_change_note(frm) {
	if (frm.is_dirty()) return;
	frm.doc.change_note = "";
	frm.refresh_field("change_note");
}

function show_state(frm) {
	const { is_standard, disabled, document_type } = frm.doc;
	if (frm.is_new()) return;
	const shown = disabled
		? [__("Disabled"), "gray"]
		: is_standard
		? [__("Standard"), "blue"]
		: document_type
		? [__("Custom"), "green"]
		: [__("Part"), "purple"];
	if (!frm.is_dirty()) frm.page.set_indicator(...shown);
	show_intro(frm);
}

function show_intro(frm) {
	const { doc } = frm;
	frm.set_intro("");
	if (doc.is_standard) {
		frm.set_intro(__("This template comes with the app and is updated with it. To change it, customise it."));
	} else if (doc.__onload?.standard_changed) {
		frm.set_intro(changed_html(doc.based_on), "orange");
		frm.layout.message.find("[data-compare]").on("click", () => billing_ext.show_liquid_diff(frm));
	}
}

function changed_html(standard) {
	const message = __("{0}, which this template was copied from, has changed since.", [
		frappe.utils.escape_html(standard),
	]);
	return `${message} <a data-compare>${__("Compare with Standard")}</a>`;
}

function add_buttons(frm) {
	const { is_standard, based_on, document_type } = frm.doc;
	if (frappe.model.can_create("Liquid Template")) {
		const copy = () => when_saved(frm, () => billing_ext.copy_liquid_template(frm));
		const $copy = frm.add_custom_button(is_standard ? __("Customise") : __("Duplicate"), copy);
		if (is_standard) $copy.removeClass("btn-default").addClass("btn-primary");
	}
	if (based_on) {
		const compare = () => when_saved(frm, () => billing_ext.show_liquid_diff(frm));
		frm.add_custom_button(__("Compare with Standard"), compare);
	}
	if (document_type && frappe.model.can_create("Liquid Template Rule")) {
		frm.add_custom_button(__("Set as Default…"), () =>
			frappe.new_doc("Liquid Template Rule", {
				template: frm.doc.name,
				document_type,
				company: frappe.defaults.get_user_default("Company"),
				print_language: frm.doc.print_language,
			})
		);
	}
}

const when_saved = (frm, then) => (frm.is_dirty() ? frm.save().then(then) : then());
