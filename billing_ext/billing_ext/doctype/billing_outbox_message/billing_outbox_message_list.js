frappe.listview_settings["Billing Outbox Message"] = { hide_name_column: true };
