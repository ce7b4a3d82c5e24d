// The preview beside the editor: a sandboxed page scaled to the paper, or the PDF as it would be sent.

import { API } from "./liquid_parts";
import { pdf_blob } from "./pdf_blob";

const MILLIMETRE = 96 / 25.4; // in CSS pixels
const SHEETS = {
	A3: [297, 420],
	A4: [210, 297],
	A5: [148, 210],
	Letter: [215.9, 279.4],
	Legal: [215.9, 355.6],
};
const GUTTER = 16;

export class Preview {
	// `request` gives { template, document, language }; `on_answer` gets the error, or null.
	constructor($parent, { request, on_answer }) {
		Object.assign(this, { request, on_answer, asked: 0, pdf: false, zoom: 0 });
		this.$stage = $('<div class="billing-stage"></div>').appendTo($parent);
		this.$sheet = $('<div class="billing-sheet"></div>').appendTo(this.$stage);
		new ResizeObserver(() => this.fit()).observe(this.$stage.get(0));
		this.soon = frappe.utils.debounce(() => this.refresh(), 400);
		this.later = frappe.utils.debounce(() => this.refresh(), 1500);
	}

	schedule() {
		this.asked += 1; // what is under way is outdated
		this.pdf ? this.later() : this.soon();
	}

	async refresh() {
		const asked = ++this.asked;
		this.$stage.addClass("billing-loading");
		const answer = await this.ask(this.pdf ? "preview_pdf" : "preview");
		if (asked !== this.asked) return;
		this.$stage.removeClass("billing-loading");
		this.$stage.toggleClass("billing-stale", Boolean(answer.error));
		if (answer.pdf) this.show_pdf(answer.pdf);
		else if (answer.html) this.show_html(answer.html);
		this.on_answer(answer.error);
	}

	ask(method) {
		return frappe.xcall(`${API}.${method}`, this.request()).catch(() => ({ error: null }));
	}

	set_mode(pdf) {
		this.pdf = pdf;
		return this.refresh();
	}

	set_zoom(zoom) {
		this.zoom = zoom;
		this.fit();
	}

	clear() {
		this.asked += 1;
		this.html = null;
		this.$sheet.empty();
		this.$stage.removeClass("billing-stale billing-loading");
	}

	say(message) {
		this.$sheet.attr("style", "").html(`<p class="billing-no-preview">${message}</p>`);
	}

	// The new page is loaded behind the old one, so that nothing flickers.
	show_html(html) {
		if (html === this.html) return;
		this.html = html;
		const $page = $('<iframe sandbox="" class="billing-page billing-behind"></iframe>');
		$page.attr({ title: __("Preview"), srcdoc: html });
		$page.on("load", () => {
			$page.removeClass("billing-behind").siblings().remove();
			this.fit();
		});
		$page.appendTo(this.$sheet);
		this.fit();
	}

	show_pdf(base64) {
		this.html = null;
		if (this.url) URL.revokeObjectURL(this.url);
		this.url = URL.createObjectURL(pdf_blob(base64));
		const $page = $('<iframe class="billing-page billing-pdf"></iframe>').attr("title", __("Preview PDF"));
		$page.attr("src", `${this.url}#toolbar=0&navpanes=0&view=FitH`);
		this.$sheet.empty().append($page);
		this.fit();
	}

	async download(name) {
		const answer = await this.ask("preview_pdf");
		this.on_answer(answer.error);
		if (!answer.pdf) return;
		const url = URL.createObjectURL(pdf_blob(answer.pdf));
		$("<a>").attr({ href: url, download: `${name}.pdf` }).get(0).click();
		setTimeout(() => URL.revokeObjectURL(url), 60_000);
	}

	fit() {
		const available = this.$stage.innerWidth() - 2 * GUTTER;
		const is_pdf = this.$sheet.find(".billing-pdf").length;
		if (available <= 0 || is_pdf) return this.$sheet.attr("style", is_pdf ? "width: 100%; height: 100%" : "");
		const $pages = this.$sheet.children("iframe");
		if (!$pages.length) return;
		const { template } = this.request();
		const [width, height] = sheet(template).map((side) => side * MILLIMETRE);
		const scale = this.zoom || available / width;
		this.$sheet.css({ width: width * scale, height: height * scale });
		$pages.css({ width, height, transform: `scale(${scale})` });
	}
}

function sheet({ page_size, orientation }) {
	const sides = SHEETS[page_size] || SHEETS.A4;
	return orientation === "Landscape" ? [...sides].reverse() : sides;
}
