"""What each kind of message does: how it is built, sent, looked up and read back. The worker gives the order."""

from __future__ import annotations

from billing_ext.integrations.tripletex.delivery import Operation
from billing_ext.services.tripletex.operations import (
	attachment,
	credit_match,
	customer,
	invoice,
	order_closing,
	payment,
	posting_class,
	sending,
	voucher,
)
from billing_ext.services.tripletex.operations.base import Handler

HANDLERS: dict[Operation, type[Handler]] = {
	Operation.CUSTOMER: customer.CustomerUpsert,
	Operation.PRODUCT: posting_class.PostingClassUpsert,
	Operation.INVOICE: invoice.InvoiceBooking,
	Operation.CREDIT_NOTE: invoice.InvoiceBooking,
	Operation.CLOSE_ORDER: order_closing.OrderClosing,
	Operation.MATCH_CREDIT: credit_match.CreditMatch,
	Operation.ATTACH: attachment.Attachment,
	Operation.SEND: sending.Sending,
	Operation.REGISTER_PAYMENT: payment.PaymentRegistration,
	Operation.REVERSE_PAYMENT: payment.PaymentReversal,
	Operation.ACCRUAL: voucher.AccrualVoucher,
	Operation.REVERSE_VOUCHER: voucher.VoucherReversal,
}
