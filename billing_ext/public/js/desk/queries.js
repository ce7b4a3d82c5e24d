// What the links on contracts and amendments offer.

frappe.provide("billing_ext");

billing_ext.set_line_queries = function (frm) {
	const of_company = () => ({ filters: { company: frm.doc.company } });
	frm.set_query("item_code", "lines", () => ({
		query: "erpnext.controllers.queries.item_query",
		filters: { is_sales_item: 1, has_variants: 0, customer: frm.doc.customer },
	}));
	frm.set_query("income_account", "lines", () => ({
		query: "erpnext.controllers.queries.get_income_account",
		filters: { company: frm.doc.company },
	}));
	frm.set_query("cost_center", "lines", () => not_a_group(frm));
	frm.set_query("project", "lines", of_company);
	frm.set_query("item_tax_template", "lines", of_company);
};

billing_ext.set_contract_queries = function (frm) {
	billing_ext.set_line_queries(frm);
	const of_company = () => ({ filters: { company: frm.doc.company } });
	const of_customer = (query) => () => ({
		query,
		filters: { link_doctype: "Customer", link_name: frm.doc.customer },
	});
	frm.set_query("customer", () => ({ filters: { disabled: 0 } }));
	frm.set_query("customer_address", of_customer("frappe.contacts.doctype.address.address.address_query"));
	frm.set_query("contact_person", of_customer("frappe.contacts.doctype.contact.contact.contact_query"));
	frm.set_query("price_list", () => ({ filters: { selling: 1, enabled: 1 } }));
	frm.set_query("taxes_and_charges", () => ({ filters: { company: frm.doc.company, disabled: 0 } }));
	frm.set_query("cost_center", () => not_a_group(frm));
	frm.set_query("project", of_company);
	frm.set_query("print_format", () => ({ filters: { doc_type: "Sales Invoice", disabled: 0 } }));
	const sales_items = () => ({ filters: { is_sales_item: 1, has_variants: 0, disabled: 0 } });
	frm.set_query("item_code", "time_rates", sales_items);
	frm.set_query("expense_item", sales_items);
	frm.set_query("task", "milestones", () => (frm.doc.project ? { filters: { project: frm.doc.project } } : {}));
};

const not_a_group = (frm) => ({ filters: { company: frm.doc.company, is_group: 0, disabled: 0 } });

// Not a link: Frappe would fill in the site's language, which would win over the customer's.
billing_ext.offer_languages = async function (frm) {
	const languages = await frappe.db.get_list("Language", {
		filters: { enabled: 1 },
		fields: ["name as value", "language_name as label"],
		limit: 0,
	});
	frm.get_field("language").set_data(languages);
};
