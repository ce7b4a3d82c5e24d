// What went wrong in a run, and what to do about it.

import { link, status_pill, text } from "./format";
import { table } from "./table";

frappe.provide("billing_ext");

billing_ext.run_errors = (errors) =>
	table(
		[__("Contract"), __("What Happened"), __("What to Do"), __("Status")],
		errors.map((error) => [
			link("Billing Contract", error.contract),
			text(error.message),
			text(error.remedy),
			status_pill("Billing Run Error", error.status),
		])
	);
