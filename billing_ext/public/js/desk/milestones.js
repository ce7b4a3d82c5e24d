// What a contract bills besides its lines, on its overview: milestones, and hours and expenses of its project.

import { date, empty, link, money, percent, pill, quantity, text } from "./format";
import { number, table } from "./table";

const API = "billing_ext.api.milestones";

frappe.provide("billing_ext");

export function milestones({ milestones: { rows, total, remaining }, currency }, may_complete) {
	if (!rows.length) return "";
	const columns = [
		__("Milestone"),
		number(__("Share")),
		number(__("Amount")),
		__("Planned for"),
		__("Completed on"),
		__("Document"),
		"",
	];
	return `
		<h5>${__("Milestones")}</h5>
		${table(
			columns,
			rows.map((row) => [
				row.task ? `${text(row.title)} ${link("Task", row.task)}` : text(row.title),
				row.percent ? percent(row.percent) : "",
				money(row.amount, currency),
				date(row.planned),
				row.completed ? pill(frappe.datetime.str_to_user(row.completed), "green") : "",
				row.invoices.map((invoice) => link("Sales Invoice", invoice)).join(" "),
				may_complete ? button(row) : "",
			])
		)}
		<p>${__("Not billed yet: {0} of {1}", [money(remaining, currency), money(total, currency)])}</p>`;
}

const button = ({ name, completed }) => {
	const [action, label] = completed ? ["reopen", __("Reopen")] : ["complete", __("Complete")];
	return `<button type="button" class="btn btn-xs btn-default" data-milestone="${text(name)}"
		data-action="${action}">${label}</button>`;
};

export function work({ time, currency }) {
	if (!time) return "";
	const left = [];
	if (Number(time.amount)) {
		left.push(__("{0} hours: {1}", [quantity(time.hours), money(time.amount, currency)]));
	}
	if (Number(time.expenses)) left.push(__("Expenses: {0}", [money(time.expenses, currency)]));
	return `
		<h5>${__("Time and Expenses")}</h5>
		${left.length ? `<p>${__("Not billed yet:")} ${left.join(" · ")}</p>` : empty(__("All is billed."))}
		${unrated(time)}`;
}

function unrated({ without_rate, activities }) {
	if (!Number(without_rate)) return "";
	const words = __("{0} hours are not billed, because the contract has no rate for {1}.", [
		quantity(without_rate),
		text(activities.join(", ")),
	]);
	return `<p class="text-danger">${words}</p>`;
}

// The buttons of the table in $overview; the form's contract is loaded again after each.
billing_ext.bind_milestones = function (frm, $overview, rows) {
	$overview.find("[data-milestone]").on("click", ({ currentTarget: { dataset } }) => {
		const row = rows.find(({ name }) => name === dataset.milestone);
		dataset.action === "complete" ? complete(frm, row) : reopen(frm, row);
	});
};

function complete(frm, row) {
	const today = frappe.datetime.get_today();
	frappe.prompt(
		{ fieldname: "on", fieldtype: "Date", label: __("Completed on"), reqd: 1, default: today },
		({ on }) => call(frm, "complete", { milestone: row.name, on }),
		text(row.title),
		__("Complete")
	);
}

function reopen(frm, row) {
	const words = row.invoices.length
		? __("What was billed for {0} will be credited, as the contract says under Credits. Reopen it?", [text(row.title)])
		: __("Reopen {0}?", [text(row.title)]);
	frappe.confirm(words, () => call(frm, "reopen", { milestone: row.name }));
}

async function call(frm, method, args) {
	await frappe.xcall(`${API}.${method}`, { contract: frm.doc.name, ...args });
	frm.reload_doc();
}
