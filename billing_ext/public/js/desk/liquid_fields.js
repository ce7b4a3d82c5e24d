// *Insert Field*: what a document offers to templates, with the values of the chosen one.

import { empty, pill, text } from "./format";

const COLOURS = { list: "blue", image: "purple", money: "green", date: "orange" };

export function insert_field(fields, insert) {
	const dialog = new frappe.ui.Dialog({
		title: __("Insert Field"),
		size: "large",
		fields: [
			{ fieldname: "search", fieldtype: "Data", placeholder: __("Search by name, meaning or value") },
			{ fieldname: "list", fieldtype: "HTML" },
		],
	});
	const $list = dialog.get_field("list").$wrapper.addClass("billing-fields");
	const $search = dialog.get_field("search").$input;
	const draw = () => $list.html(list_html(fields, $search.val()));
	const choose = (path) => {
		dialog.hide();
		insert(fields.find((field) => field.path === path));
	};
	$search.on("input", draw);
	$search.on("keydown", ({ key }) => {
		const first = $list.find("[data-path]").first().data("path");
		if (key === "Enter" && first) choose(first);
	});
	$list.on("click", "[data-path]", ({ currentTarget }) => choose(currentTarget.dataset.path));
	draw();
	dialog.show();
}

function list_html(fields, search) {
	const words = cstr(search).toLowerCase().split(/\s+/).filter(Boolean);
	const found = fields.filter((field) => words.every((word) => haystack(field).includes(word)));
	if (!found.length) return empty(__("No field is like that."));
	if (words.length) return best_first(found, words).map(field_html).join("");
	return [...groups(found)].map(([root, list]) => group_html(root, list)).join("");
}

// What is called so comes before what is only described so.
function best_first(fields, words) {
	const is_called = ({ path }, word) => path.split(/[.[\]]+/).some((name) => name.startsWith(word));
	const rank = (field) => words.filter((word) => !is_called(field, word)).length;
	return [...fields].sort((a, b) => rank(a) - rank(b) || a.path.length - b.path.length);
}

const haystack = ({ path, about, value }) => `${path} ${about} ${cstr(value)}`.toLowerCase();

function groups(fields) {
	const found = new Map();
	for (const field of fields) {
		const root = field.path.split(/[.[]/)[0];
		found.set(root, [...(found.get(root) || []), field]);
	}
	return found;
}

const group_html = (root, list) => `
	<details>
		<summary><code>${text(root)}</code> <span class="text-muted">${list.length}</span></summary>
		${list.map(field_html).join("")}
	</details>`;

const field_html = ({ path, kind, about, value }) => `
	<button type="button" data-path="${text(path)}">
		<span><code>${text(path)}</code> ${pill(kind_label(kind), COLOURS[kind] || "gray")}</span>
		<span class="text-muted">${text(about)}</span>
		<span class="billing-value">${text(value)}</span>
	</button>`;

function kind_label(kind) {
	const labels = {
		text: __("text"),
		number: __("number"),
		money: __("money"),
		date: __("date"),
		"true or false": __("true or false"),
		image: __("image"),
		object: __("object"),
		list: __("list"),
		map: __("map"),
	};
	return labels[kind] || kind;
}
