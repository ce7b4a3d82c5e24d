frappe.listview_settings["Tripletex Settings"] = {
	add_fields: ["enabled", "dry_run", "paused"],
	get_indicator({ enabled, dry_run, paused }) {
		if (!enabled) return [__("Not Enabled"), "gray", "enabled,=,0"];
		if (paused) return [__("Paused"), "orange", "paused,=,1"];
		return dry_run ? [__("Dry Run"), "blue", "dry_run,=,1"] : [__("Live"), "green", "enabled,=,1|dry_run,=,0"];
	},
};
