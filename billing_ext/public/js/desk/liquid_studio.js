// The Template tab: an editor beside a live preview of what it makes of a document.

import { text } from "./format";
import { make_editor } from "./liquid_editor";
import { error_panel } from "./liquid_error";
import { insert_field } from "./liquid_fields";
import { API, PARTS } from "./liquid_parts";
import { snippet } from "./liquid_paths";
import { Preview } from "./liquid_preview";

frappe.provide("billing_ext");

// Mount the editor on a form, once, and show the form's document in it.
billing_ext.liquid_studio = async function (frm) {
	PARTS.forEach((part) => frm.toggle_display(part, false));
	frm.billing_studio ||= new Studio(frm);
	await frm.billing_studio.ready;
	frm.billing_studio.show();
};

// Whose fields the editor of a part offers.
const PART_OF = "Sales Invoice";

const LAYOUT = `
	<div class="billing-studio">
		<section class="billing-studio-code"><div class="billing-error" role="alert" hidden></div></section>
		<section class="billing-studio-preview"><div class="billing-preview-bar"></div></section>
	</div>`;

class Studio {
	constructor(frm) {
		this.frm = frm;
		this.known = { fields: [], filters: [] };
		this.$root = $(LAYOUT).appendTo(frm.get_field("editor_html").$wrapper.empty());
		this.$error = this.$root.find(".billing-error");
		this.$bar = this.$root.find(".billing-preview-bar");
		this.make_bar();
		this.preview = new Preview(this.$root.find(".billing-studio-preview"), {
			request: () => this.request(),
			on_answer: (error) => this.show_error(error),
		});
		this.$error.on("click", "[data-error]", (event) => this.on_error_click(event.currentTarget));
		this.ready = this.make_editor();
	}

	async make_editor() {
		const $code = this.$root.find(".billing-studio-code");
		const on_change = () => this.on_change();
		const [editor, filters] = await Promise.all([
			make_editor($('<div class="billing-editor"></div>').prependTo($code), { known: this.known, on_change }),
			frappe.xcall(`${API}.filters`),
		]);
		this.editor = editor;
		this.known.filters = filters;
		this.add_insert_button();
		new ResizeObserver(() => this.fit()).observe($code.get(0));
	}

	add_insert_button() {
		const $button = $(
			`<button type="button" class="btn btn-xs btn-default billing-insert">${__("Insert Field")}</button>`
		);
		$button.insertAfter(this.editor.$tabs).on("click", () => this.insert_field());
	}

	// Fill the window below the head of the form, which may have a message.
	fit() {
		const { top } = this.$root.get(0).getBoundingClientRect();
		if (!this.$root.is(":visible")) return;
		this.$root.css("--billing-studio-top", `${Math.round(top + window.scrollY)}px`);
		this.editor.resize();
	}

	// Called at every refresh of the form.
	show() {
		const { doc } = this.frm;
		const other = doc.name !== this.shown || doc.document_type !== this.document_type;
		this.shown = doc.name;
		this.document_type = doc.document_type;
		this.editor.load(doc, this.is_read_only());
		this.$root.find(".billing-insert").prop("disabled", this.is_read_only());
		if (other) this.set_document_type();
		this.fit();
		this.refresh();
	}

	// A part is nothing by itself: it is shown by the templates that use it.
	refresh() {
		if (this.frm.doc.document_type) return this.preview.refresh();
		this.preview.clear();
		this.show_error(null);
		this.preview.say(
			__("This is a part: templates that use it show it. To preview a whole document, choose For.")
		);
	}

	set_document_type() {
		const { document_type, print_language } = this.frm.doc;
		this.document.df.options = document_type;
		this.document.set_value("");
		$(this.document.wrapper).toggle(Boolean(document_type));
		this.language.set_value(print_language || "");
		this.preview.clear();
		this.load_fields();
	}

	is_read_only() {
		return Boolean(this.frm.doc.is_standard) || !this.frm.perm[0].write;
	}

	on_change() {
		this.frm.dirty();
		if (this.frm.doc.document_type) this.preview.schedule();
	}

	request() {
		return {
			template: this.frm.doc,
			document: this.document.get_value() || null,
			language: this.language.get_value() || null,
		};
	}

	async load_fields() {
		const document_type = this.frm.doc.document_type || PART_OF;
		const { document } = this.request();
		const fields = await frappe.xcall(`${API}.fields`, { document_type, document });
		if (document_type === (this.frm.doc.document_type || PART_OF)) this.known.fields = fields;
	}

	insert_field() {
		insert_field(this.known.fields, (field) => {
			this.editor.insert(snippet(field, this.known.fields, this.editor.open_loops()));
		});
	}

	make_bar() {
		this.document = this.link("document", "", __("Sample data"), () => {
			this.load_fields();
			this.refresh();
		});
		this.language = this.link("language", "Language", __("Language of the document"), () => this.refresh());
		this.$bar.append(buttons_html());
		this.$bar.on("click", "[data-preview]", ({ currentTarget }) => this.on_bar_click(currentTarget));
		this.$bar.find("select").on("change", ({ target }) => this.preview.set_zoom(Number(target.value)));
	}

	link(fieldname, options, placeholder, on_choice) {
		let chosen = "";
		const change = function () {
			const value = this.get_value() || "";
			if (value === chosen) return;
			chosen = value;
			if (this.billing_ready) on_choice();
		};
		const control = frappe.ui.form.make_control({
			parent: this.$bar,
			df: { fieldtype: "Link", fieldname, options, placeholder, change, only_select: 1 },
			only_input: true,
			render_input: true,
		});
		control.$input.attr({ placeholder, "aria-label": placeholder, "data-preview-of": fieldname });
		control.billing_ready = true;
		return control;
	}

	on_bar_click({ dataset }) {
		if (dataset.preview === "refresh") return this.refresh();
		if (dataset.preview === "download") return this.preview.download(this.frm.doc.name);
		this.$bar.find(".btn-group .btn").removeClass("active");
		this.$bar.find(`[data-preview=${dataset.preview}]`).addClass("active");
		this.preview.set_mode(dataset.preview === "pdf");
	}

	is_own(error) {
		return !error.template || error.template === this.frm.doc.template_name;
	}

	show_error(error) {
		const own = error && this.is_own(error);
		this.error = error;
		this.editor.mark(own ? error : null);
		this.$error.prop("hidden", !error);
		this.$error.html(error ? error_panel(error, own, own && this.editor.word_at(error)) : "");
		this.editor.resize();
	}

	on_error_click({ dataset }) {
		if (dataset.error === "jump") this.editor.go_to(this.error);
		else this.editor.replace_word(this.error, this.error.suggestion);
	}
}

const buttons_html = () => `
	<span class="btn-group">
		<button type="button" class="btn btn-xs btn-default active" data-preview="html">HTML</button>
		<button type="button" class="btn btn-xs btn-default" data-preview="pdf">PDF</button>
	</span>
	<select class="input-xs" aria-label="${__("Zoom")}">
		<option value="0">${__("Fit")}</option>
		<option value="1">100 %</option>
		<option value="1.5">150 %</option>
	</select>
	${icon_button("refresh", "refresh", __("Refresh"))}
	${icon_button("download", "down-arrow", __("Download PDF"))}`;

const icon_button = (action, icon, label) => `
	<button type="button" class="btn btn-xs btn-default" data-preview="${action}" title="${text(label)}"
		aria-label="${text(label)}">${frappe.utils.icon(icon, "xs")}</button>`;
