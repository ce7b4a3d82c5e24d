"""What the simulator does without evidence, in one list."""

from __future__ import annotations

from typing import NamedTuple


class Assumption(NamedTuple):
	"""What is assumed; `check` numbers the sandbox checks, 0 if there is none yet."""

	id: str
	what: str
	check: int


# id | number of the sandbox check | what is assumed
LIST = """
session-refusal|0|Wrong tokens get 401/3000; dates past or too far ahead get 422
session-company|0|A user name that is neither 0, blank nor the company gets 403/9000
rate-scope|8|Logins are not counted; the limit of production is unknown
cookie|14|JSESSIONID has no effect on what a call sees
bad-reference|0|A reference to nothing gets 422/18000; one without id complains about `id`
too-long|3|Text beyond its length gets 422/18000
bad-query-value|0|Query values of the wrong type get 422/15000
version-absent|0|A PUT without version passes; a stale one gets 409/8000
customer-inactive|0|GET /customer hides inactive customers unless isInactive=true or an id is sent
customer-reminders|0|New customers have automatic reminders switched on
address-put|0|PUT with an address that lacks its id makes a new address
product-vat|0|A product without VAT type gets code 3, or 6 if the company is not registered
rates|12|The figures of the currency rates, and that an invoice takes its date's rate
nok-of-foreign|12|Income and VAT are converted each by itself; the receivable is their sum
number-duplicate|1|A taken invoiceNumber gets 422/18000 on the field invoiceNumber
number-range|1|Any number from 1 to 2147483647 is accepted
number-zero|1|invoiceNumber 0 or null means Tripletex's own next number
number-negative-lines|2|An explicit number is accepted with negative lines
number-parallel|15|Two POST /invoice at the same time take turns
credit-link|2|invoiceIdIfIsCreditNote links a credit note; POST /invoice never links
own-kid|3|A kid of ours is stored, printed, and found by OCR; it need not be unique
kid-empty|3|Without a kid in the body none is generated
send|4|EHF needs an address and an organisation number, PAPER an address, MANUAL succeeds
vat-rounding|5|VAT is rounded per rate, or per line if the simulator is told so
closed-term|6|A filed VAT term refuses with 422/18000 on the field date
closed-period|6|A closed period, or a day before 2020, refuses every posting with 422/18000
external-number|7|Two vouchers may carry the same externalVoucherNumber; PUT may change it
event-names|9|closeGroup is written as in the change log
order-close|10|PUT /order with isClosed closes it; a closed order cannot be billed
order-put-lines|10|Lines sent with PUT /order replace those that are there
order-number|0|A taken order number gets 422/18000
attachments|11|Attachments are stored on the order or the voucher
exchange-difference|12|Gain or loss on exchange is booked within the payment's voucher
foreign-payment|12|A foreign payment without paidAmountCurrency gets `Feltet må fylles ut.`
department|13|A required department that is absent gets 422/18000
code-7|0|Sales of VAT code 7 are booked on 3900, VAT of raw fish on 2703
preliminary|0|A preliminary invoice cannot be paid, sent, credited or reminded of: 422/18000
two-orders|0|An invoice of more than one order is refused with 422/18000
invoice-postings|2|An invoice shows every posting that it is matched with, credit notes included
overpaid|12|amountOutstanding of an overpaid invoice is negative
close-rest|2|:closePostings may leave a rest; it stays on the invoice of its sign
reverse-invoice|0|The voucher of an invoice cannot be reversed, nor any voucher twice
voucher-delete|0|Only the last voucher of a year that is no invoice can be deleted
voucher-put|0|Of a voucher only externalVoucherNumber can be changed
reminder-fee|0|A reminder's fee is 35 on 3950, in a voucher that is not among the invoice's postings
no-reconciliation|0|Without a closed reconciliation `>lastClosed` answers null
webhook-key|9|The idempotency key of a delivery is in the header idempotency-key
webhook-failures|9|Ten failures in a row disable a subscription
webhook-fields|9|`fields` and the https address are checked when a subscription is made
"""


def _read(line: str) -> Assumption:
	key, check, what = line.split("|")
	return Assumption(key, what, int(check))


ASSUMPTIONS: tuple[Assumption, ...] = tuple(_read(line) for line in LIST.split("\n") if line)
