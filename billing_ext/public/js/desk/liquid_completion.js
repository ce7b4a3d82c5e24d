// What the editor offers while one types: fields and loop variables within {{ }} and {% %}, filters
// after a bar.

import { text } from "./format";
import { open_loops, within } from "./liquid_paths";

const TAGS = [
	...["if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "for", "endfor"],
	...["assign", "capture", "endcapture", "render", "comment", "endcomment", "raw", "endraw"],
];

// `known` is filled when the server has answered: { fields, filters }.
export const completer = (known) => ({
	identifierRegexps: [/[\w.]/],
	getCompletions(editor, session, cursor, prefix, callback) {
		const before = session.getTextRange({ start: { row: 0, column: 0 }, end: cursor });
		callback(null, offered(before, prefix, known));
	},
});

function offered(before, prefix, { fields, filters }) {
	const tag = open_tag(before);
	if (!tag) return [];
	const typed = tag.text.slice(0, tag.text.length - prefix.length);
	if (/\|\s*$/.test(typed)) return filters.map(filter_entry);
	if (tag.kind === "%" && /^-?\s*$/.test(typed)) return TAGS.map(tag_entry);
	const loops = open_loops(before.slice(0, tag.start));
	return [...loops.map(variable_entry), ...fields.map((field) => field_entry(field, loops)).filter(Boolean)];
}

// The {{ or {% that the end of the text is in.
function open_tag(before) {
	const start = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
	const text = before.slice(start + 2);
	if (start < 0 || text.includes("}}") || text.includes("%}")) return null;
	return { start, text, kind: before[start + 1] };
}

function field_entry({ path, kind, value }, loops) {
	const shown = within(path, loops);
	return shown.includes("[]") ? null : { caption: shown, value: shown, meta: value || kind, score: 10 };
}

const variable_entry = ({ variable, list }) => ({
	caption: variable,
	value: variable,
	meta: list,
	score: 30,
});

// The filters of this app, which have an example, before Liquid's own.
const filter_entry = ({ name, about, example }) => ({
	caption: name,
	value: name,
	score: example ? 25 : 15,
	docHTML: `<div class="billing-completion">${text(about)}<br><code>${text(example)}</code></div>`,
});

const tag_entry = (tag) => ({ caption: tag, value: tag, meta: "{% %}", score: 20 });
