frappe.listview_settings["Billing Amendment"] = { hide_name_column: true };
