// How a company's logo, colours and font look together.

import { text } from "./format";

frappe.provide("billing_ext");

const FONTS = { Serif: "Georgia, serif", Monospace: "monospace" };
const COLOUR = /^#[0-9a-f]{3,8}$/i;

billing_ext.brand_swatch = function (branding, fallback) {
	const { company, logo, font, primary_color, accent_color, footer_text } = branding;
	const [main, second] = [primary_color, accent_color].map(safe_colour);
	const shown = logo || fallback;
	return `
		<div class="billing-brand" style="--brand-main: ${main}; --brand-second: ${second};
			--brand-on-main: ${readable_on(main)}; font-family: ${FONTS[font] || "inherit"}">
			<header>
				${shown ? `<img src="${text(shown)}" alt="">` : `<strong>${text(company || __("Company"))}</strong>`}
				<span>${__("Invoice")}</span>
			</header>
			<div class="billing-brand-row billing-brand-head">
				<span>${__("Description")}</span><span>${__("Amount")}</span>
			</div>
			<div class="billing-brand-row"><span>${__("Subscription")}</span><span>1 000,00</span></div>
			<div class="billing-brand-row billing-brand-sum"><span>${__("To Pay")}</span><span>1 250,00</span></div>
			<footer>${text(footer_text || company || "")}</footer>
		</div>`;
};

const safe_colour = (colour) => (COLOUR.test(cstr(colour)) ? colour : "#444444");

// Black or white, whichever can be read on the colour.
function readable_on(colour) {
	const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) || 0);
	return (red * 299 + green * 587 + blue * 114) / 1000 > 140 ? "#000000" : "#ffffff";
}
