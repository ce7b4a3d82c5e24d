// Two states of a template side by side; long stretches that are the same are folded.

import { empty, text } from "./format";
import { part_label } from "./liquid_parts";

const CONTEXT = 3;

// `parts`: [{ part, rows: [{ op, old, new, text }] }].
export function diff_html(parts, before, after) {
	const changed = parts.filter(({ rows }) => rows.some(({ op }) => op !== " "));
	if (!changed.length) return empty(__("There is no difference."));
	return changed.map((part) => part_html(part, before, after)).join("");
}

const part_html = ({ part, rows }, before, after) => `
	<table class="billing-diff">
		<caption>${part_label(part)}</caption>
		<thead>
			<tr><th></th><th scope="col">${text(before)}</th><th></th><th scope="col">${text(after)}</th></tr>
		</thead>
		<tbody>${folded(paired(rows)).map(pair_html).join("")}</tbody>
	</table>`;

// Removed and added lines that stand one after the other belong side by side.
function paired(rows) {
	const pairs = [];
	const removed = [];
	const flush = () => pairs.push(...removed.splice(0).map((row) => [row, null]));
	for (const row of rows) {
		if (row.op === "-") removed.push(row);
		else if (row.op === "+") pairs.push([removed.shift() || null, row]);
		else {
			flush();
			pairs.push([row, row]);
		}
	}
	flush();
	return pairs;
}

const is_same = ([before, after]) => before === after;

function folded(pairs) {
	const around = (index) => pairs.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1);
	const near = (index) => !around(index).every(is_same);
	const shown = [];
	let hidden = 0;
	const fold = () => {
		if (hidden) shown.push(hidden);
		hidden = 0;
	};
	pairs.forEach((pair, index) => {
		if (!near(index)) return (hidden += 1);
		fold();
		shown.push(pair);
	});
	fold();
	return shown;
}

function pair_html(pair) {
	if (typeof pair === "number") {
		return `<tr class="billing-fold"><td colspan="4">${__("{0} lines are the same", [pair])}</td></tr>`;
	}
	const [before, after] = pair;
	if (is_same(pair)) return `<tr>${cell(before, before.old)}${cell(after, after.new)}</tr>`;
	const [first, last] = before && after ? differing(before.text, after.text) : [0, 0];
	const [left, right] = [
		side(before, before?.old, "removed", first, last),
		side(after, after?.new, "added", first, last),
	];
	return `<tr>${left}${right}</tr>`;
}

const cell = (row, number) =>
	`<td class="billing-line-number">${number ?? ""}</td><td>${text(row.text)}</td>`;

function side(row, number, kind, first, last) {
	if (!row) return '<td class="billing-line-number"></td><td class="billing-nothing"></td>';
	const end = row.text.length - last;
	const [head, middle, tail] = [row.text.slice(0, first), row.text.slice(first, end), row.text.slice(end)];
	const marked = first || last ? `${text(head)}<mark>${text(middle)}</mark>${text(tail)}` : text(row.text);
	return `
		<td class="billing-line-number">${number ?? ""}</td>
		<td class="billing-${kind}">${marked}</td>`;
}

// How many characters two lines have in common at the start and at the end.
function differing(before, after) {
	const shortest = Math.min(before.length, after.length);
	let first = 0;
	while (first < shortest && before[first] === after[first]) first += 1;
	let last = 0;
	while (last < shortest - first && before.at(-1 - last) === after.at(-1 - last)) last += 1;
	return [first, last];
}
