// Values as the server sends them (numbers as text, ISO dates) the way the user writes them; everything returned is safe HTML.

export const text = (value) => frappe.utils.escape_html(cstr(value));

export const date = (iso) => (iso ? text(frappe.datetime.str_to_user(iso)) : "");

export function span(first, last) {
	if (!last) return __("from {0}", [date(first)]);
	return first === last ? date(first) : `${date(first)} – ${date(last)}`;
}

export const money = (amount, currency) => text(format_currency(Number(amount), currency));

// Prices per unit may have more decimals than the currency.
export function price(amount, currency) {
	const decimals = decimals_of(amount);
	return text(format_currency(Number(amount), currency, decimals > 2 ? decimals : undefined));
}

export const quantity = (value) => text(format_number(Number(value), null, decimals_of(value)));

export const percent = (value) => `${quantity(value)} %`;

export function link(doctype, name, label) {
	const shown = text(label || name);
	if (!frappe.model.can_read(doctype)) return shown;
	return `<a href="${frappe.utils.get_form_link(doctype, name)}">${shown}</a>`;
}

export const pill = (label, colour) =>
	`<span class="indicator-pill no-indicator-dot ${colour}">${text(label)}</span>`;

// The status of a document of ours, whose colours are in its DocType.
export function status_pill(doctype, status) {
	const [label, colour] = frappe.get_indicator({ doctype, status, docstatus: 1 }, doctype);
	return pill(label, colour);
}

// The ledger writes its formulas with decimal points.
export const arithmetic = (formula) =>
	text(cstr(formula).replace(/(\d)\.(?=\d)/g, `$1${get_number_format_info(get_number_format()).decimal_str}`));

export const empty = (message) => `<p class="text-muted small">${text(message)}</p>`;

function decimals_of(value) {
	return (String(Number(value)).split(".")[1] || "").length;
}
