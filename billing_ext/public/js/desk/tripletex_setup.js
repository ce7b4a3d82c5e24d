// The set-up of the Tripletex sync: the steps with what is next, the maps to confirm, the result of the dry run.

import { link, pill, text } from "./format";
import { table, number } from "./table";
import { call, facts, moment } from "./tripletex_parts";

frappe.provide("billing_ext.tripletex");

const LOOK_EVERY = 2000; // milliseconds

const STEPS = {
	connect: () => ({
		title: __("Connect"),
		next: __("Enter both tokens under Connection and save."),
	}),
	company: () => ({
		title: __("Company"),
		next: __("See which company the tokens reach, and what it lacks."),
		label: __("Check Connection"),
		action: check_connection,
	}),
	maps: () => ({
		title: __("Maps"),
		next: __("Which VAT code and which account in Tripletex stand for those of ERPNext?"),
		label: __("Propose Maps"),
		action: propose_maps,
	}),
	numbers: () => ({
		title: __("Numbers & Sending"),
		next: __("Choose Go-live Date, the number range and who sends invoices, and save."),
	}),
	dry_run: () => ({
		title: __("Dry Run"),
		next: __("Every document since go-live is checked and compared. Nothing is written to Tripletex."),
		label: __("Start Dry Run"),
		action: start_dry_run,
	}),
	live: () => ({
		title: __("Go Live"),
		next: __("Tick Enabled, clear Dry Run and save. Begin with one customer whose invoices you know."),
	}),
};

billing_ext.tripletex.steps = function (panel) {
	const next = panel.steps.find(({ done }) => !done)?.step;
	if (!next || (panel.state.enabled && !panel.state.dry_run)) return "";
	const items = panel.steps.map(({ step, done }, index) => {
		const state = done ? "done" : step === next ? "next" : "";
		const mark = done ? frappe.utils.icon("tick", "xs") : index + 1;
		const current = step === next ? ' aria-current="step"' : "";
		return `<li class="${state}"${current}><span>${mark}</span> ${STEPS[step]().title}</li>`;
	});
	const { next: hint, label } = STEPS[next]();
	const button = label ? `<button class="btn btn-primary btn-sm" data-step="${next}">${label}</button>` : "";
	return `<section class="billing-steps">
		<ol>${items.join("")}</ol>
		<p>${hint} ${button}</p>
	</section>`;
};

billing_ext.tripletex.run_step = (frm, step) => STEPS[step]().action(frm);

billing_ext.tripletex.company = function ({ state, facts: found }) {
	if (!state.checked_at) return "";
	const missing = (state.missing_rights || "").split("\n").filter(Boolean);
	const notes = [...(found.warnings || [])];
	if (missing.length) notes.unshift(__("The user of the token may not read: {0}.", [missing.join(", ")]));
	return notes.length ? `<ul class="billing-warnings">${notes.map((each) => `<li>${text(each)}</li>`).join("")}</ul>` : "";
};

async function check_connection(frm) {
	const found = await call("check_connection", { company: frm.doc.name }, __("Asking Tripletex …"));
	await frm.reload_doc();
	frappe.show_alert({ message: __("Connected to {0}", [text(found.company)]), indicator: "green" });
}
billing_ext.tripletex.check_connection = check_connection;

// Maps

async function propose_maps(frm) {
	const found = await call("propose_maps", { company: frm.doc.name }, __("Asking Tripletex …"));
	const dialog = new frappe.ui.Dialog({
		title: __("Propose Maps"),
		size: "extra-large",
		fields: [{ fieldname: "maps", fieldtype: "HTML" }],
		primary_action_label: __("Save Maps"),
		async primary_action() {
			const problems = await call("apply_maps", { company: frm.doc.name, maps: read_choices(dialog, found.maps) });
			dialog.hide();
			await frm.reload_doc();
			show_problems(problems);
		},
	});
	const $maps = dialog.get_field("maps").$wrapper;
	$maps.html(maps_html(found));
	$maps.on("change", "input", ({ target }) => name_account(target, found.choices.accounts));
	dialog.show();
}
billing_ext.tripletex.propose_maps = propose_maps;

function maps_html({ maps, choices, problems }) {
	const state = (row, value) => {
		if (!value) return pill(__("Choose"), "red");
		return row.certain ? "" : pill(__("Please confirm"), "orange");
	};
	const vat = maps.vat_rules.map((row, index) => [
		text(row.sales_taxes_template || row.item_tax_template || __("Any template")),
		text(row.income_account || __("Any")),
		`${text(format_number(row.rate, null, 2))} %`,
		select("vat_rules", index, "vat_code", choices.vat, row.vat_code),
		state(row, row.vat_code),
	]);
	const accounts = maps.accounts.map((row, index) => [
		text(row.account),
		text(row.vat_code),
		account_input(index, row, choices.accounts),
		`<span data-name="${index}">${account_name(row.number, choices.accounts)}</span>`,
		row.number ? state(row, row.number) : "",
	]);
	const kinds = maps.payment_types.map((row, index) => [
		text(row.account),
		select("payment_types", index, "payment_type_id", choices.payment_types, row.payment_type_id),
	]);
	const departments = maps.departments.map((row, index) => [
		text(row.cost_center),
		select("departments", index, "department_number", choices.departments, row.department_number),
	]);
	const parts = [
		table([__("Tax Template"), __("Income Account"), number(__("Rate (%)")), __("VAT Code"), ""], vat, __("VAT")),
		table([__("Account"), __("VAT Code"), __("Tripletex Account"), __("Name in Tripletex"), ""], accounts, __("Accounts")),
	];
	if (kinds.length) parts.push(table([__("Money Account"), __("Payment Type")], kinds, __("Payment Types")));
	if (departments.length) parts.push(table([__("Cost Center"), __("Department")], departments, __("Departments")));
	const options = choices.accounts.map(({ value, label }) => `<option value="${value}">${text(label)}</option>`);
	return `<p class="text-muted">${__(
		"What is saved already stays as it is. 0 % says nothing of why: compare those codes with your accountant's. Accounts left empty are not mapped."
	)}</p>
		${warnings(problems)}
		<div class="billing-maps">${parts.join("")}</div>
		<datalist id="tripletex-accounts">${options.join("")}</datalist>`;
}

function select(map, index, field, choices, chosen) {
	const options = choices.map(({ value, label }) => {
		const selected = String(value) === String(chosen) ? " selected" : "";
		return `<option value="${text(value)}"${selected}>${text(label)}</option>`;
	});
	return `<select class="form-control input-xs" data-map="${map}" data-index="${index}" data-field="${field}">
		<option value=""></option>${options.join("")}</select>`;
}

const account_input = (index, row) =>
	`<input class="form-control input-xs" inputmode="numeric" list="tripletex-accounts" data-map="accounts"
		data-index="${index}" data-field="number" aria-label="${text(row.account)}" value="${row.number || ""}">`;

// Of the other accounts everybody knows that they bear no VAT.
const is_income = ({ value }) => value >= 3000 && value < 4000;

function account_name(value, choices) {
	const found = choices.find((each) => String(each.value) === String(value));
	if (!found) return "";
	const notes = [text(found.label)];
	if (is_income(found) && found.locked_to) {
		const lock = found.locked_to === "0" ? __("without VAT") : __("VAT code {0} only", [found.locked_to]);
		notes.push(`<span class="text-muted">${text(lock)}</span>`);
	}
	if (found.inactive) notes.push(`<span class="text-danger">${__("inactive")}</span>`);
	return notes.join(" · ");
}

function name_account(input, choices) {
	$(input).closest("tr").find("[data-name]").html(account_name(input.value, choices));
}

function read_choices(dialog, maps) {
	const chosen = structuredClone(maps);
	for (const element of dialog.get_field("maps").$wrapper.find("[data-map]")) {
		const { map, index, field } = element.dataset;
		chosen[map][index][field] = element.value;
	}
	return chosen;
}

const warnings = (problems) =>
	problems.length ? `<ul class="billing-warnings">${problems.map((each) => `<li>${text(each)}</li>`).join("")}</ul>` : "";

function show_problems(problems) {
	if (!problems.length) {
		frappe.show_alert({ message: __("The maps are saved, and nothing contradicts."), indicator: "green" });
		return;
	}
	frappe.msgprint({ title: __("The maps are saved. Look at these"), message: warnings(problems), indicator: "orange" });
}

// The dry run

async function start_dry_run(frm) {
	await call("start_dry_run", { company: frm.doc.name });
	frappe.show_alert({ message: __("The dry run has begun; its result will be shown here."), indicator: "blue" });
	follow(frm, frm.doc.dry_run_at);
}

// Looks for the result itself: the socket of some sites cannot be reached.
function follow(frm, earlier) {
	const name = frm.doc.name;
	setTimeout(async () => {
		if (cur_frm !== frm || frm.doc.name !== name) return;
		const { message } = await frappe.db.get_value("Tripletex Settings", name, "dry_run_at");
		if (cstr(message.dry_run_at) === cstr(earlier)) follow(frm, earlier);
		else frm.reload_doc();
	}, LOOK_EVERY);
}
billing_ext.tripletex.start_dry_run = start_dry_run;

billing_ext.tripletex.dry_run = function ({ state, dry_run: result }) {
	if (!state.dry_run_at || (state.enabled && !state.dry_run)) return "";
	const head = `<h5>${__("Dry run on {0}", [moment(state.dry_run_at)])}</h5>`;
	if (result.error) return `${head}<ul class="billing-warnings"><li>${text(result.error)}</li></ul>`;
	const stopped = Object.values(result.counts).reduce((sum, count) => sum + count, 0);
	const figures = facts([
		[__("Documents"), result.documents],
		[__("Would be booked"), result.ready],
		[__("Booked already"), result.booked],
		[__("Problems"), stopped, stopped],
		[__("Customers"), result.customers],
		[__("Customers that Tripletex has"), result.adopted],
	]);
	const rows = result.problems.map(({ doctype, name, text: what, remedy }) => [
		link(doctype, name),
		text(what),
		text(remedy),
	]);
	const problems = rows.length ? table([__("Document"), __("What Would Happen"), __("What to Do")], rows) : "";
	return `${head}${figures}${problems}`;
};
