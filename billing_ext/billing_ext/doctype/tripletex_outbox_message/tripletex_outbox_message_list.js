frappe.listview_settings["Tripletex Outbox Message"] = { hide_name_column: true };
