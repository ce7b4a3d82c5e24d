frappe.listview_settings["Tripletex Payment"] = {
	hide_name_column: true,
	add_fields: ["status", "explanation"],
	get_indicator(doc) {
		if (doc.status !== "Exception") {
			const colour = doc.status === "Reversed" ? "gray" : "green";
			return [__(doc.status), colour, `status,=,${doc.status}`];
		}
		if (doc.explanation) return [__("Explained"), "gray", "status,=,Exception|explanation,is,set"];
		return [__("Exception"), "red", "status,=,Exception|explanation,is,not set"];
	},
};
