// The contract of an opportunity, a quotation or a sales order: make it, or go to it.

frappe.provide("billing_ext");

const CONTRACT = "Billing Contract";

billing_ext.is_of_contract = (frm) => (frm.doc.items || []).some((row) => row.billing_ext_line_type);

// `agreed`: may a contract be made of the deal as it stands?
billing_ext.show_contract_action = function (frm, method, agreed) {
	const contract = frm.doc.billing_ext_contract;
	if (contract && frappe.model.can_read(CONTRACT)) {
		const open = () => frappe.set_route("Form", CONTRACT, contract);
		frm.add_custom_button(__("Billing Contract"), open, __("View"));
	} else if (agreed && billing_ext.is_of_contract(frm) && frappe.model.can_create(CONTRACT)) {
		const make = () => frappe.model.open_mapped_doc({ method: `billing_ext.api.deals.${method}`, frm });
		frm.add_custom_button(__("Billing Contract"), make, __("Create"));
	}
};
