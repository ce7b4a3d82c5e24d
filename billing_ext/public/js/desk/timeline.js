// The history of a contract's terms: for each line a bar on a shared axis, and the same in words.

import { date, empty, link, money, percent, pill, price, quantity, text } from "./format";

const MONTHS_AHEAD = 3;

export function timeline(overview) {
	if (!overview.lines.length) return empty(__("No lines."));
	const axis = axis_of(overview);
	return `
		<div class="billing-timeline">
			<div class="billing-axis text-muted" aria-hidden="true">
				<span>${date(axis.start)}</span>
				<span>${date(axis.end)}</span>
			</div>
			${overview.lines.map((line) => line_html(line, overview, axis)).join("")}
		</div>`;
}

function axis_of({ lines, today }) {
	const days = lines.flatMap((line) => [
		line.start,
		line.billed_through || line.start,
		...line.terms.map((terms) => terms.effective),
	]);
	const start = days.reduce((first, day) => (day < first ? day : first));
	const latest = days.reduce((last, day) => (day > last ? day : last), today);
	const end = frappe.datetime.add_months(latest, MONTHS_AHEAD);
	const length = frappe.datetime.get_day_diff(end, start);
	const at = (day) => Math.min(100, (100 * frappe.datetime.get_day_diff(day, start)) / length);
	return { start, end, at };
}

function line_html(line, { currency, today }, axis) {
	return `
		<section class="billing-line">
			<header>
				<strong>${text(line.title)}</strong>
				${marks(line, today)}
				<span class="text-muted">${facts(line, currency)}</span>
			</header>
			${line.one_off ? "" : track(line, currency, today, axis)}
			<ol>${line.terms.map((terms) => `<li>${terms_html(terms, line, currency)}</li>`).join("")}</ol>
		</section>`;
}

function marks(line, today) {
	const found = [];
	if (line.one_off) found.push(pill(line.credit ? __("Credit") : __("One-off"), "blue"));
	if (line.replaces) found.push(pill(__("Successor"), "blue"));
	const shown = (iso) => [frappe.datetime.str_to_user(iso)];
	if (line.start > today) found.push(pill(__("Starts {0}", shown(line.start)), "blue"));
	for (const { kind, start, last_day } of line.unbilled) {
		if (last_day && last_day < today) continue;
		const days = [frappe.datetime.str_to_user(start), last_day ? frappe.datetime.str_to_user(last_day) : "…"];
		found.push(pill(kind === "Free" ? __("Free {0} – {1}", days) : __("Paused {0} – {1}", days), "yellow"));
	}
	if (line.last_day && !line.one_off && !line.renews) {
		const day = shown(line.last_day);
		found.push(pill(line.last_day < today ? __("Ended {0}", day) : __("Ends {0}", day), "gray"));
	}
	return found.join(" ");
}

function facts(line, currency) {
	const found = [];
	if (!line.one_off) found.push(__("{0} a month today", [money(line.mrr, currency)]));
	const through = line.billed_through && __("billed through {0}", [date(line.billed_through)]);
	found.push(through ? `<span class="billing-swatch"></span>${through}` : __("not billed yet"));
	if (line.ended_by) found.push(__("ended by {0}", [link("Billing Amendment", line.ended_by)]));
	return found.join(" · ");
}

function track(line, currency, today, axis) {
	return `
		<div class="billing-track" aria-hidden="true">
			${stretches(line, currency, axis)}
			${unbilled(line, axis)}
			${billed(line, axis)}
			${now(today, axis)}
		</div>`;
}

function now(today, axis) {
	if (today <= axis.start) return "";
	return `<span class="billing-now" title="${__("Today")}" style="left: ${axis.at(today)}%"></span>`;
}

function stretches(line, currency, axis) {
	const ends = line.terms.slice(1).map((terms) => terms.effective);
	const stop = line.last_day ? frappe.datetime.add_days(line.last_day, 1) : axis.end;
	const bars = line.terms.map((terms, index) => {
		const left = axis.at(terms.effective);
		const width = axis.at(ends[index] || stop) - left;
		const label = `${quantity(terms.quantity)} × ${price(terms.price, currency)}`;
		return `<span class="billing-stretch" style="left: ${left}%; width: ${width}%" title="${label}">${label}</span>`;
	});
	return bars.join("");
}

function unbilled(line, axis) {
	return line.unbilled
		.map(({ kind, start, last_day }) => {
			const left = Math.max(0, axis.at(start));
			const end = last_day ? axis.at(frappe.datetime.add_days(last_day, 1)) : 100;
			const title = kind === "Free" ? __("Not charged") : __("Paused");
			return `<span class="billing-unbilled" style="left: ${left}%; width: ${end - left}%" title="${title}"></span>`;
		})
		.join("");
}

function billed(line, axis) {
	if (!line.billed_through) return "";
	const left = axis.at(line.start);
	const width = axis.at(frappe.datetime.add_days(line.billed_through, 1)) - left;
	return `<span class="billing-billed" style="left: ${left}%; width: ${width}%"></span>`;
}

function terms_html(terms, line, currency) {
	const amount = `${quantity(terms.quantity)} × ${price(terms.price, currency)}`;
	const parts = [
		`<strong>${amount}</strong> ${per(line.price_period)}`,
		__("from {0}", [date(terms.effective)]),
	];
	if (Number(terms.discount)) parts.push(__("{0} discount", [percent(terms.discount)]));
	if (terms.amendment) parts.push(link("Billing Amendment", terms.amendment));
	return parts.join(" · ");
}

function per(interval) {
	if (!interval) return "";
	const { count, unit } = interval;
	return count === 1 ? __("per {0}", [__(unit)]) : __("per {0} × {1}", [count, __(unit)]);
}
