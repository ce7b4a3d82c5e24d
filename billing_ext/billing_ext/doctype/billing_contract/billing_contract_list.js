frappe.listview_settings["Billing Contract"] = {
	onload(listview) {
		const filter = (label, ...filters) =>
			listview.page.add_inner_button(label, () => show(listview, filters), __("Renewal"));
		filter(__("To Be Decided within 60 Days"), ["renewal", "!=", "Ends"], within("last_cancellation_day", 60));
		filter(__("Ending within 60 Days"), ["renewal", "=", "Ends"], within("term_end", 60));
		filter(__("Will Not Renew"), ["renewal_declined", "=", 1]);
	},
};

function within(field, days) {
	const today = frappe.datetime.get_today();
	return [field, "Between", [today, frappe.datetime.add_days(today, days)]];
}

async function show(listview, filters) {
	await listview.filter_area.clear(false);
	listview.filter_area.add(
		[["docstatus", "=", 1], ...filters].map((filter) => ["Billing Contract", ...filter])
	);
}
