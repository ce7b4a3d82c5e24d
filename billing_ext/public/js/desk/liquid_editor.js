// A template's parts in one Ace editor: a tab and an undo history for each, bound to the form's document.

import { completer } from "./liquid_completion";
import { open_loops } from "./liquid_paths";
import { PARTS, part_label } from "./liquid_parts";

const MODES = { css: "ace/mode/css" };
const WORD = /[\w-]+(?:\.[\w-]+|\[\d+\])*/y;

export async function make_editor($parent, options) {
	return new Editor($parent, await load_ace(), options);
}

function load_ace() {
	const kind = frappe.boot.developer_mode ? "src-noconflict" : "src-min-noconflict";
	const path = `/assets/frappe/node_modules/ace-builds/${kind}/`;
	return new Promise((resolve) => {
		frappe.require(`${path}ace.js`, () => {
			window.ace.config.set("basePath", path);
			window.ace.config.loadModule("ace/ext/language_tools", () => resolve(window.ace));
		});
	});
}

class Editor {
	constructor($parent, ace, { known, on_change }) {
		this.library = ace;
		this.on_change = on_change;
		this.sessions = {};
		this.$tabs = $('<div class="billing-code-tabs" role="tablist"></div>').appendTo($parent);
		this.ace = ace.edit($('<div class="billing-code"></div>').appendTo($parent).get(0));
		this.ace.setTheme(is_dark() ? "ace/theme/tomorrow_night" : "ace/theme/tomorrow");
		this.ace.setKeyboardHandler("ace/keyboard/vscode");
		this.ace.setOptions({
			enableBasicAutocompletion: true,
			enableLiveAutocompletion: true,
			fontSize: 12,
			showPrintMargin: false,
			useWorker: false,
			wrap: true,
		});
		this.ace.completers = [completer(known)];
		this.$tabs.on("click", "[data-part]", ({ currentTarget }) => this.show(currentTarget.dataset.part));
	}

	// Show a document; what has not changed keeps its cursor and its undo history.
	load(doc, read_only) {
		const other = this.doc?.name !== doc.name;
		this.doc = doc;
		this.loading = true;
		PARTS.forEach((part) => this.load_part(part, doc[part] || "", other));
		this.loading = false;
		this.ace.setReadOnly(read_only);
		this.ace.container.classList.toggle("billing-read-only", read_only);
		this.show(other ? PARTS[0] : this.part);
	}

	load_part(part, text, other) {
		const session = this.sessions[part];
		if (!session || other) this.sessions[part] = this.session_of(part, text);
		else if (session.getValue() !== text) session.setValue(text);
	}

	session_of(part, text) {
		const session = this.library.createEditSession(text, MODES[part] || "ace/mode/liquid");
		session.setUseWorker(false);
		session.setUseWrapMode(true);
		session.setUseSoftTabs(false);
		session.on("change", () => this.changed(part, session));
		return session;
	}

	changed(part, session) {
		if (this.loading || this.sessions[part] !== session) return;
		this.doc[part] = session.getValue();
		this.on_change(part);
	}

	show(part) {
		this.part = part;
		this.ace.setSession(this.sessions[part]);
		this.ace.resize();
		this.draw_tabs();
	}

	draw_tabs() {
		const marks = (part) => (part === this.faulty ? "billing-faulty" : this.doc[part] ? "" : "billing-empty");
		this.$tabs.html(
			PARTS.map(
				(part) => `
					<button type="button" role="tab" data-part="${part}" class="${marks(part)}"
						aria-selected="${part === this.part}">${part_label(part)}</button>`
			).join("")
		);
	}

	// Mark the line that an error is about; without an error, none.
	mark(error) {
		this.unmark();
		this.faulty = error?.part;
		const session = error?.line && this.sessions[error.part];
		if (session) {
			const [row, column] = [error.line - 1, Math.max(0, error.column - 1)];
			session.setAnnotations([{ row, column, text: error.message, type: "error" }]);
			const { Range } = this.library.require("ace/range");
			const marker = session.addMarker(new Range(row, 0, row, 1), "billing-error-line", "fullLine");
			this.marked = { session, marker };
		}
		this.draw_tabs();
	}

	unmark() {
		if (!this.marked) return;
		this.marked.session.clearAnnotations();
		this.marked.session.removeMarker(this.marked.marker);
		this.marked = null;
	}

	go_to({ part, line, column }) {
		this.show(part);
		this.ace.gotoLine(line, Math.max(0, column - 1), true);
		this.ace.focus();
	}

	// The word that an error points at; null where it points at none.
	word_at({ part, line, column }) {
		WORD.lastIndex = Math.max(0, column - 1);
		return WORD.exec(this.sessions[part]?.getLine(line - 1) || "")?.[0] || null;
	}

	replace_word({ part, line, column }, replacement) {
		const [row, start] = [line - 1, column - 1];
		const { Range } = this.library.require("ace/range");
		const end = start + this.word_at({ part, line, column }).length;
		this.show(part);
		this.sessions[part].replace(new Range(row, start, row, end), replacement);
		this.ace.gotoLine(line, start + replacement.length, true);
		this.ace.focus();
	}

	open_loops() {
		const end = this.ace.getCursorPosition();
		return open_loops(this.ace.session.getTextRange({ start: { row: 0, column: 0 }, end }));
	}

	// Within {{ }} or {% %} the text goes behind it.
	insert(text) {
		this.leave_tag();
		const { row } = this.ace.getCursorPosition();
		const [indent] = this.ace.session.getLine(row).match(/^\s*/);
		this.ace.insert(text.replace(/\n/g, `\n${indent}`));
		this.ace.focus();
	}

	leave_tag() {
		const { row, column } = this.ace.getCursorPosition();
		const line = this.ace.session.getLine(row);
		const [before, after] = [line.slice(0, column), line.slice(column)];
		const inside = /\{[{%](?:(?![}%]\}).)*$/.test(before);
		const end = after.search(/[}%]\}/);
		if (inside && end >= 0) this.ace.gotoLine(row + 1, column + end + 2);
	}

	resize() {
		this.ace.resize();
	}
}

const is_dark = () => document.documentElement.getAttribute("data-theme") === "dark";
