// How a field of a document is written in a template, at the place where the cursor is.

const LOOP = /\{%-?\s*(?:for\s+(\w+)\s+in\s+([\w.]+)|(endfor))\b/g;
const FILTERS = { money: " | money", date: " | date" };
const TELLING = ["name", "title", "description", "quantity", "date", "net", "amount", "total"];
const COLUMNS = 3;

// The loops around the end of a text: their variables and the lists they run through.
export function open_loops(before) {
	const open = [];
	for (const [, variable, list, end] of before.matchAll(LOOP)) {
		if (end) open.pop();
		else open.push({ variable, list: absolute(list, open) });
	}
	return open.reverse();
}

// `row.charges` within `for row in invoice.lines` is invoice.lines[].charges.
function absolute(path, loops) {
	const [first, ...rest] = path.split(".");
	const loop = [...loops].reverse().find(({ variable }) => variable === first);
	return loop ? [`${loop.list}[]`, ...rest].join(".") : path;
}

// invoice.lines[].net within `for line in invoice.lines` is line.net.
export function within(path, loops) {
	const loop = loops.find(({ list }) => path.startsWith(`${list}[].`));
	return loop ? loop.variable + path.slice(loop.list.length + 2) : path;
}

// What *Insert Field* writes: the value with its filter, or a loop around the values of a list.
export function snippet(field, fields, loops) {
	return code(within(field.path, loops), field.kind, columns(field, fields));
}

// The fields of a list's members that tell most about them.
function columns({ path: list }, fields) {
	const found = fields.filter(({ path, kind }) => parent_of(path) === `${list}[]` && kind !== "object");
	const telling = TELLING.flatMap((name) => found.filter(({ path }) => last_of(path) === name));
	return (telling.length ? telling : found).slice(0, COLUMNS);
}

const parent_of = (path) => path.slice(0, path.lastIndexOf("."));
const last_of = (path) => path.slice(path.lastIndexOf(".") + 1);

function code(path, kind, children) {
	const [list, ...rest] = path.split("[].");
	if (rest.length) {
		const one = singular(last_of(list));
		return loop(one, list, [code(`${one}.${rest.join("[].")}`, kind, children)]);
	}
	if (kind === "list") {
		const one = singular(last_of(path));
		const shown = children.map((child) => value(`${one}.${last_of(child.path)}`, child.kind));
		return loop(one, path, shown.length ? shown : [value(one)]);
	}
	return value(path, kind);
}

function value(path, kind) {
	if (kind === "true or false") return `{% if ${path} %}…{% endif %}`;
	if (kind === "image") return `{% if ${path} %}<img src="{{ ${path} }}" alt="">{% endif %}`;
	return `{{ ${path}${FILTERS[kind] || ""} }}`;
}

const loop = (one, list, body) =>
	[
		`{% for ${one} in ${list} %}`,
		...body.flatMap((text) => text.split("\n")).map((text) => `\t${text}`),
		"{% endfor %}",
	].join("\n");

function singular(name) {
	if (name.endsWith("ies")) return `${name.slice(0, -3)}y`;
	if (name.endsWith("xes") || name.endsWith("sses")) return name.slice(0, -2);
	return name.endsWith("s") ? name.slice(0, -1) : `${name}_item`;
}
