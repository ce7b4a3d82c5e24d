frappe.listview_settings["Billing Charge"] = { hide_name_column: true };
