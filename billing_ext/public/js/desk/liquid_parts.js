// The parts of a template that are code, and what the desk calls them.

export const PARTS = ["source", "css", "header", "footer"];

export function part_label(part) {
	const labels = {
		source: __("Template"),
		css: __("Style Sheet"),
		header: __("Header"),
		footer: __("Footer"),
		page: __("Page"),
	};
	return labels[part] || part;
}

export const API = "billing_ext.api.templates";
