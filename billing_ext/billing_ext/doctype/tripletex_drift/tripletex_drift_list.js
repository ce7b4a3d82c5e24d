frappe.listview_settings["Tripletex Drift"] = {
	add_fields: ["status"],
	hide_name_column: true,
	formatters: {
		field: (value) => frappe.utils.escape_html(billing_ext.tripletex.field_label(value)),
		ours: (value, df, doc) => billing_ext.tripletex.drift_value(value, doc),
		theirs: (value, df, doc) => billing_ext.tripletex.drift_value(value, doc),
	},
	get_indicator(doc) {
		const colors = {
			Open: "orange",
			"Ours Pushed": "blue",
			"Theirs Accepted": "green",
			Explained: "green",
			Gone: "gray",
		};
		return [__(doc.status), colors[doc.status], `status,=,${doc.status}`];
	},
};
