// What is wrong in a template: what happened, what to do about it, where, and one click that mends it.

import { link, text } from "./format";
import { part_label } from "./liquid_parts";

export function error_panel(error, own, wrong_word) {
	return `
		<div class="billing-error-text">
			<strong>${text(error.message)}</strong>
			${error.remedy ? `<span>${text(error.remedy)}</span>` : ""}
		</div>
		${error.line ? place(error, own) : ""}
		${fix(error, own, wrong_word)}`;
}

function place(error, own) {
	const where = __("{0}, line {1}, column {2}", [part_label(error.part), error.line, error.column]);
	const jump = `<button type="button" class="btn-link" data-error="jump">${where}</button>`;
	const elsewhere = `${link("Liquid Template", error.template)} · ${where}`;
	return `
		<div class="billing-error-place">${own ? jump : elsewhere}</div>
		<pre class="billing-error-source" ${own ? 'data-error="jump"' : ""}>${source_line(error)}</pre>`;
}

// The line from shortly before the place, so that the caret is in sight.
function source_line({ source_line: line, column }) {
	const first = Math.max(0, column - 1 - 40);
	const shown = (first ? "…" : "") + cstr(line).slice(first, first + 110).replace(/\t/g, " ");
	const indent = " ".repeat(Math.max(0, column - 1 - first + (first ? 1 : 0)));
	return `${text(shown)}\n${indent}<span class="billing-caret">▲</span>`;
}

function fix({ suggestion }, own, wrong_word) {
	if (!suggestion || !own || !wrong_word || wrong_word === suggestion) return "";
	return `
		<button type="button" class="btn btn-xs btn-primary" data-error="fix">
			${__("Replace by {0}", [text(suggestion)])}
		</button>`;
}
