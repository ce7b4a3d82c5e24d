frappe.listview_settings["Tripletex Webhook Event"] = { hide_name_column: true };
