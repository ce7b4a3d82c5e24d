frappe.listview_settings["Tripletex Call"] = { hide_name_column: true };
