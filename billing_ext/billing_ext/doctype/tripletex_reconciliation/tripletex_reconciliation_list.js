frappe.listview_settings["Tripletex Reconciliation"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colors = { Running: "blue", Green: "green", Explained: "green", Red: "red", Failed: "red" };
		return [__(doc.status), colors[doc.status], `status,=,${doc.status}`];
	},
};
