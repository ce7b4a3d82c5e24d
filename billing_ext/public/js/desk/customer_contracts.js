// A customer's contracts, on the customer's form.

import { date, link, money, status_pill } from "./format";
import { number, table } from "./table";

frappe.provide("billing_ext");

billing_ext.customer_contracts = (contracts) =>
	table(
		[
			__("Contract"),
			__("Status"),
			__("Start Date"),
			__("Last Service Day"),
			__("Next Billing Date"),
			number(__("Monthly Recurring Revenue")),
		],
		contracts.map((contract) => [
			link("Billing Contract", contract.name),
			status_pill("Billing Contract", contract.status),
			date(contract.start_date),
			date(contract.service_end),
			date(contract.next_billing_date),
			money(contract.mrr, contract.currency),
		])
	);
