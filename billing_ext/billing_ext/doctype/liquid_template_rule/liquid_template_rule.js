frappe.ui.form.on("Liquid Template Rule", {
	setup(frm) {
		frm.set_query("template", () => ({ filters: { disabled: 0, document_type: ["is", "set"] } }));
		frm.set_query("customer", () => ({ filters: { disabled: 0 } }));
		frm.set_query("contract", () => ({ filters: contract_filters(frm.doc) }));
	},

	refresh: explain,
	template: explain,
	document_type: explain,
	company: explain,
	customer: explain,
	contract: explain,
	print_language: explain,
	disabled: explain,
});

function contract_filters({ customer, company }) {
	return { docstatus: ["<", 2], ...(customer && { customer }), ...(company && { company }) };
}

// The rule in words, so that nobody has to guess what an empty field means.
function explain(frm) {
	const { template, disabled } = frm.doc;
	frm.set_intro("");
	if (disabled) frm.set_intro(__("This rule is not used."), "orange");
	else if (template) frm.set_intro(`${sentence(frm.doc)} ${precedence(frm.doc)}`);
}

function sentence({ template, document_type, ...rule }) {
	const of = [
		rule.contract && __("of the contract {0}", [bold(rule.contract)]),
		rule.customer && __("of the customer {0}", [bold(rule.customer)]),
		rule.company && __("of the company {0}", [bold(rule.company)]),
		rule.print_language && __("in the language {0}", [bold(rule.print_language)]),
	];
	const which = [bold(__(document_type)), ...of.filter(Boolean)].join(" ");
	return __("{0}: printed with {1}.", [which, bold(template)]);
}

function precedence({ contract, customer, company }) {
	if (contract) return __("A rule for a contract comes before all others.");
	if (customer) return __("Only a rule for the contract comes before it.");
	if (company) return __("Rules for the contract or the customer come before it.");
	return __("Every other rule comes before it.");
}

const bold = (value) => `<b>${frappe.utils.escape_html(value)}</b>`;
