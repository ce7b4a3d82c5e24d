frappe.listview_settings["Liquid Template"] = {
	add_fields: ["disabled", "is_standard", "document_type"],

	get_indicator({ disabled, is_standard, document_type }) {
		if (disabled) return [__("Disabled"), "gray", "disabled,=,1"];
		if (!document_type) return [__("Part"), "purple", "document_type,is,not set"];
		if (is_standard) return [__("Standard"), "blue", "is_standard,=,1"];
		return [__("Custom"), "green", "is_standard,=,0"];
	},

	onload(listview) {
		if (!frappe.model.can_create("Liquid Template")) return;
		listview.page.add_menu_item(__("Convert Print Format…"), billing_ext.convert_print_format);
	},
};
