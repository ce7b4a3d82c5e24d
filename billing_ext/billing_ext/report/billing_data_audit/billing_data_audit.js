const COLOURS = { Error: "red", Warning: "orange", Note: "blue" };

frappe.query_reports["Billing Data Audit"] = {
	filters: [
		{
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
		},
		{
			fieldname: "kind",
			label: __("Kind"),
			fieldtype: "Select",
			options: [
				"",
				{ value: "Duplicate Customer", label: __("Duplicate Customer") },
				{ value: "Missing Tax ID", label: __("Missing Tax ID") },
				{ value: "Missing Address", label: __("Missing Address") },
				{ value: "Missing E-mail", label: __("Missing E-mail") },
				{ value: "Missing Payment Terms", label: __("Missing Payment Terms") },
				{ value: "Missing Tax Template", label: __("Missing Tax Template") },
				{ value: "Missing Exchange Rate", label: __("Missing Exchange Rate") },
				{ value: "Disabled Customer or Item", label: __("Disabled Customer or Item") },
				{ value: "Overlapping Contracts", label: __("Overlapping Contracts") },
				{ value: "Price under List Price", label: __("Price under List Price") },
				{ value: "Would Bill History", label: __("Would Bill History") },
				{ value: "Contract Has Ended", label: __("Contract Has Ended") },
				{ value: "First Run Would Fail", label: __("First Run Would Fail") },
			],
		},
		{
			fieldname: "severity",
			label: __("Severity"),
			fieldtype: "Select",
			options: [
				"",
				{ value: "Error", label: __("Error") },
				{ value: "Warning", label: __("Warning") },
				{ value: "Note", label: __("Note") },
			],
		},
	],

	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (column.fieldname !== "severity" || !data) return shown;
		return `<span class="indicator-pill ${COLOURS[data.level]}">${shown}</span>`;
	},
};
