frappe.listview_settings["Tripletex Drift"] = {
	add_fields: ["status"],
	hide_name_column: true,
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
