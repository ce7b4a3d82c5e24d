"""The objects of the Tripletex API that the simulator knows, and their fields.

One line of notation per field, `name:kind` with `-` behind what a client may not write:
`i` integer, `n` number, `b` boolean, `s` text, `s255` text of at most 255 characters, `s=A|B` one of these,
`>Customer` one other object, `*Posting` a list of them, `*` a list of plain values, `o` anything.
"""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
	"""One field of a model."""

	name: str
	kind: str
	target: str
	max_length: int
	choices: tuple[str, ...]
	read_only: bool


NOTATION = {
	"Account": """
		number:i numberPretty:s- name:s255 description:s type:s- legalVatTypes:*VatType-
		ledgerType:s=GENERAL|CUSTOMER|VENDOR|EMPLOYEE|ASSET balanceGroup:s- vatType:>VatType
		vatLocked:b currency:>Currency isCloseable:b isApplicableForSupplierInvoice:b
		requireReconciliation:b isInactive:b isBankAccount:b isInvoiceAccount:b bankAccountNumber:s100
		bankAccountCountry:>Country bankName:s255 bankAccountIBAN:s100 bankAccountSWIFT:s100
		saftCode:s4 groupingCode:s35 displayName:s requiresDepartment:b requiresProject:b
		invoicingDepartment:>Department isPostingsExist:b quantityType1:>ProductUnit
		quantityType2:>ProductUnit department:>Department requiresFreeDimension1:b
		requiresFreeDimension2:b requiresFreeDimension3:b
	""",
	"AccountingPeriod": """
		name:s- number:i- start:s- end:s- isClosed:b- checkLedgerLogEmployeeName:s-
		checkLedgerLogEmployeePictureId:i- checkLedgerLogTime:s- checkWageLogEmployeeName:s-
		checkWageLogEmployeePictureId:i- checkWageLogTime:s-
	""",
	"Address": """
		addressLine1:s255 addressLine2:s255 postalCode:s100 city:s100 country:>Country displayName:s-
		addressAsString:s- displayNameInklMatrikkel:s- knr:i gnr:i bnr:i fnr:i snr:i unitNumber:s255
	""",
	"BalanceSheetAccount": """
		account:>Account balanceIn:n- balanceChange:n- balanceOut:n- startDate:s- endDate:s-
	""",
	"BankReconciliation": """
		account:>Account accountingPeriod:>AccountingPeriod voucher:>Voucher
		transactions:*BankTransaction- isClosed:b type:s bankAccountClosingBalanceCurrency:n
		closedDate:s- closedByContact:>Contact closedByEmployee:>Employee approvable:b-
		autoPayReconciliation:b- attachment:>Document
	""",
	"Client": """
		name:s255 displayName:s- startDate:s endDate:s organizationNumber:s100 email:s254
		phoneNumber:s100 phoneNumberMobile:s100 faxNumber:s100 address:>Address type:s
		currency:>Currency accountantOrSimilar:b- companyMigration:s=NONE|AGRO- invoiceShowDeliveryDate:b-
		customerCompanyId:i-
	""",
	"CloseGroup": """
		date:s postings:*Posting-
	""",
	"Company": """
		name:s255 displayName:s- startDate:s endDate:s organizationNumber:s100 email:s254
		phoneNumber:s100 phoneNumberMobile:s100 faxNumber:s100 address:>Address type:s
		currency:>Currency accountantOrSimilar:b- companyMigration:s=NONE|AGRO- invoiceShowDeliveryDate:b-
	""",
	"Contact": """
		firstName:s100 lastName:s100 displayName:s email:s100 phoneNumberMobileCountry:>Country
		phoneNumberMobile:s100 phoneNumberWork:s100 customer:>Customer department:>Department
		isInactive:b
	""",
	"Country": """
		name:s- displayName:s- isoAlpha2Code:s- isoAlpha3Code:s- isoNumericCode:s-
	""",
	"Currency": """
		code:s10 description:s100 factor:i displayName:s isDisabled:b
	""",
	"CurrencyExchangeRate": """
		targetCurrency:>Currency sourceCurrency:>Currency rate:n source:s date:s
	""",
	"Customer": """
		name:s255 organizationNumber:s100 globalLocationNumber:i supplierNumber:i customerNumber:i
		isSupplier:b isCustomer:b- isInactive:b accountManager:>Employee department:>Department
		email:s254 invoiceEmail:s254 overdueNoticeEmail:s254 bankAccounts:* phoneNumber:s100
		phoneNumberMobile:s100 description:s language:s=NO|EN displayName:s isPrivateIndividual:b
		singleCustomerInvoice:b invoiceSendMethod:s=EMAIL|EHF|EFAKTURA|AVTALEGIRO|VIPPS|PAPER|MANUAL
		emailAttachmentType:s=LINK|ATTACHMENT postalAddress:>Address physicalAddress:>Address
		deliveryAddress:>DeliveryAddress category1:>CustomerCategory category2:>CustomerCategory
		category3:>CustomerCategory invoicesDueIn:i
		invoicesDueInType:s=DAYS|MONTHS|RECURRING_DAY_OF_MONTH currency:>Currency
		bankAccountPresentation:*CompanyBankAccountPresentation ledgerAccount:>Account isFactoring:b
		invoiceSendSMSNotification:b invoiceSMSNotificationNumber:s100
		isAutomaticSoftReminderEnabled:b isAutomaticReminderEnabled:b
		isAutomaticNoticeOfDebtCollectionEnabled:b discountPercentage:n website:s255
	""",
	"Department": """
		name:s255 departmentNumber:s100 departmentManager:>Employee displayName:s- isInactive:b
		businessActivityTypeId:i-
	""",
	"Document": """
		fileName:s255 size:i- mimeType:s-
	""",
	"DocumentArchive": """
		fileName:s255 size:i- archiveDate:s mimeType:s100
	""",
	"Employee": """
		firstName:s100 lastName:s100 displayName:s- employeeNumber:s100 dateOfBirth:s email:s100
		phoneNumberMobileCountry:>Country phoneNumberMobile:s100 phoneNumberHome:s100
		phoneNumberWork:s100 nationalIdentityNumber:s100 dnumber:s11 internationalId:>InternationalId
		bankAccountNumber:s100 iban:s bic:s creditorBankCountryId:i usesAbroadPayment:b
		userType:s=STANDARD|EXTENDED|NO_ACCESS allowInformationRegistration:b- isContact:b isProxy:b-
		comments:s address:>Address department:>Department employments:*Employment
		holidayAllowanceEarned:>HolidayAllowanceEarned employeeCategory:>EmployeeCategory
		isAuthProjectOverviewURL:b- pictureId:i- companyId:i- vismaConnect2FAactive:b-
	""",
	"EventInfo": """
		name:s- description:s- payloadModel:s- examples:*WebHookWrapper-
	""",
	"Invoice": """
		invoiceNumber:i invoiceDate:s customer:>Customer creditedInvoice:i- isCredited:b-
		invoiceDueDate:s kid:s25 invoiceComment:s- comment:s orders:*Order orderLines:*OrderLine-
		travelReports:*TravelExpense- projectInvoiceDetails:*ProjectInvoiceDetails- voucher:>Voucher
		deliveryDate:s- amount:n- amountCurrency:n- amountExcludingVat:n-
		amountExcludingVatCurrency:n- amountRoundoff:n- amountRoundoffCurrency:n- amountOutstanding:n-
		amountCurrencyOutstanding:n- amountOutstandingTotal:n- amountCurrencyOutstandingTotal:n-
		sumRemits:n- currency:>Currency isCreditNote:b- isCharged:b- isApproved:b- postings:*Posting-
		reminders:*Reminder- invoiceRemarks:s invoiceRemark:>InvoiceRemark paymentTypeId:i
		paidAmount:n isPeriodizationPossible:b- documentId:i-
		ehfSendStatus:s=DO_NOT_SEND|SEND|SENT|SEND_FAILURE_RECIPIENT_NOT_FOUND
	""",
	"LedgerAccount": """
		account:>Account sumAmount:n- currency:>Currency sumAmountCurrency:n- openingBalance:n-
		openingBalanceCurrency:n- closingBalance:n- closingBalanceCurrency:n-
		balanceOutInAccountCurrency:n- postings:*Posting-
	""",
	"LoggedInUserInfo": """
		employeeId:i- actualEmployeeId:i- employee:>Employee companyId:i- company:>Company language:s-
		loggedInWithConnect:b- employeeIsProxy:b-
	""",
	"Order": """
		customer:>Customer contact:>Contact attn:>Contact displayName:s- receiverEmail:s254
		overdueNoticeEmail:s254 number:s100 reference:s255 ourContact:>Contact
		ourContactEmployee:>Employee department:>Department orderDate:s project:>Project
		invoiceComment:s currency:>Currency invoicesDueIn:i
		status:s
		invoicesDueInType:s=DAYS|MONTHS|RECURRING_DAY_OF_MONTH isShowOpenPostsOnInvoices:b isClosed:b
		deliveryDate:s deliveryAddress:>DeliveryAddress deliveryComment:s
		isPrioritizeAmountsIncludingVat:b orderLineSorting:s orderGroups:*OrderGroup
		orderLines:*OrderLine isSubscription:b subscriptionDuration:i
		subscriptionDurationType:s=MONTHS|YEAR subscriptionPeriodsOnInvoice:i
		subscriptionPeriodsOnInvoiceType:s=MONTHS-
		subscriptionInvoicingTimeInAdvanceOrArrears:s=ADVANCE|ARREARS subscriptionInvoicingTime:i
		subscriptionInvoicingTimeType:s=DAYS|MONTHS isSubscriptionAutoInvoicing:b
		preliminaryInvoice:>Invoice attachment:*Document- sendMethodDescription:s
		canCreateBackorder:b- invoiceOnAccountVatHigh:b
		totalInvoicedOnAccountAmountAbsoluteCurrency:n- invoiceSendSMSNotification:b-
		invoiceSMSNotificationNumber:s100 markUpOrderLines:n discountPercentage:n customerName:s-
		projectManagerNameAndNumber:s- travelReports:*TravelExpense-
		accountingDimensionValues:*AccountingDimensionValue- contractReference:s internalComment:s
		backorderParentId:i attachmentRelation:*
	""",
	"OrderLine": """
		product:>Product inventory:>Inventory inventoryLocation:>InventoryLocation description:s
		displayName:s- count:n unitCostCurrency:n unitPriceExcludingVatCurrency:n currency:>Currency
		markup:n discount:n vatType:>VatType amountExcludingVatCurrency:n-
		amountIncludingVatCurrency:n- vendor:>Company order:>Order unitPriceIncludingVatCurrency:n
		isSubscription:b subscriptionPeriodStart:s subscriptionPeriodEnd:s orderGroup:>OrderGroup
		sortIndex:i isPicked:b pickedDate:s orderedQuantity:n isCharged:b deliveredQuantity:n
		originalOrderedQuantity:n sourceOrderLineId:i
	""",
	"PaymentType": """
		description:s255 displayName:s debitAccount:>Account creditAccount:>Account vatType:>VatType
		sequence:i customer:>Customer supplier:>Supplier currencyId:i- currencyCode:s-
	""",
	"Posting": """
		voucher:>Voucher date:s description:s account:>Account amortizationAccount:>Account
		amortizationStartDate:s amortizationEndDate:s customer:>Customer supplier:>Supplier
		employee:>Employee project:>Project product:>Product department:>Department vatType:>VatType
		amount:n amountCurrency:n amountGross:n amountGrossCurrency:n currency:>Currency
		closeGroup:>CloseGroup invoiceNumber:s100 termOfPayment:s row:i
		type:s-
		externalRef:s- systemGenerated:b- taxTransactionType:s- taxTransactionTypeId:i- matched:b-
		quantityAmount1:n quantityType1:>ProductUnit quantityAmount2:n quantityType2:>ProductUnit
		isVatReadonly:b- isAmountVatClosed:b- postingRuleId:i
		freeAccountingDimension1:>AccountingDimensionValue
		freeAccountingDimension2:>AccountingDimensionValue
		freeAccountingDimension3:>AccountingDimensionValue asset:>Asset
	""",
	"PostingRules": """
		accountReceivableCustomersId:>Account accountDebtVendorsId:>Account
		accountDebtEmployeesAndOwnersId:>Account accountRoundDiffId:>Account vatPerDepartment:b-
		multipleIndustries:b- defaultBusinessActivityTypeId:i- accountSubscriptionAccrual:>Account
		accountProductSaleNoVat:>Account
	""",
	"Product": """
		name:s255 number:s100 displayNumber:s- description:s orderLineDescription:s255 ean:s14
		elNumber:s- nrfNumber:s- costExcludingVatCurrency:n expenses:n expensesInPercent:n-
		costPrice:n- profit:n- profitInPercent:n- priceExcludingVatCurrency:n
		priceIncludingVatCurrency:n isInactive:b discountGroup:>DiscountGroup productUnit:>ProductUnit
		isStockItem:b stockOfGoods:n- availableStock:n- incomingStock:n- outgoingStock:n-
		vatType:>VatType currency:>Currency department:>Department account:>Account discountPrice:n-
		supplier:>Supplier resaleProduct:>Product isDeletable:b hasSupplierProductConnected:b weight:n
		weightUnit:s=kg|g|hg volume:n volumeUnit:s=cm3|dm3|m3 hsnCode:s20 image:>Document
		markupListPercentage:n- markupNetPercentage:n- displayName:s-
		mainSupplierProduct:>SupplierProduct isRoundPriceIncVat:b- priceInTargetCurrency:n-
		purchasePriceCurrency:n- minStockLevel:n disableDiscount:b
	""",
	"ProductUnit": """
		displayName:s- displayNameShort:s- name:s100 nameEN:s255 nameShort:s50 nameShortEN:s50
		commonCode:s50 isDeletable:b
	""",
	"Reminder": """
		reminderDate:s- charge:n- chargeCurrency:n- totalCharge:n- totalChargeCurrency:n-
		totalAmountCurrency:n- interests:n- interestRate:n- termOfPayment:s currency:>Currency type:s
		comment:s kid:s25 bankAccountNumber:s255 bankAccountIBAN:s255 bankAccountSWIFT:s255 bank:s255
	""",
	"SalesModule": """
		name:s
		costStartDate:s
	""",
	"SessionToken": """
		consumerToken:>ConsumerToken employeeToken:>EmployeeToken expirationDate:s token:s
		encryptionKey:s-
	""",
	"Subscription": """
		event:s255 targetUrl:s fields:s255
		status:s=ACTIVE|DISABLED|DISABLED_TOO_MANY_ERRORS|DISABLED_RATE_LIMIT_EXCEEDED|DISABLED_MISUSE
		authHeaderName:s255 authHeaderValue:s4096 hmacSharedSecret:s100
	""",
	"VatSettings": """
		vatRegistrationStatus:s=VAT_NOT_REGISTERED|VAT_APPLICANT|VAT_REGISTERED|VAT_COMPENSATION
	""",
	"VatTermSizeSettings": """
		reportType:s=PRIMARY_INDUSTRY|GENERAL_INDUSTRY fromDate:s
		termSize:s=ONE_MONTH|TWO_MONTHS|THREE_MONTHS|FOUR_MONTHS|SIX_MONTHS|YEAR|NOT_REGISTERED
	""",
	"VatType": """
		name:s255 number:s10 displayName:s percentage:n deductionPercentage:n parentType:>VatType
	""",
	"Voucher": """
		date:s number:i- tempNumber:i- year:i- description:s voucherType:>VoucherType
		reverseVoucher:>Voucher postings:*Posting document:>Document attachment:>Document
		externalVoucherNumber:s ediDocument:>Document
		supplierVoucherType:s=TYPE_SUPPLIER_INVOICE_SIMPLE|TYPE_SUPPLIER_INVOICE_DETAILED-
		wasAutoMatched:b-
		vendorInvoiceNumber:s displayName:s- numberAsString:s-
	""",
	"VoucherType": """
		name:s100 displayName:s
	""",
	"Change": """
		employeeId:i- timestamp:s- changeType:s-
	""",
	"VoucherOptions": """
		delete:>VoucherOptionDeleteMetadata
	""",
	"VoucherOptionDeleteMetadata": """
		available:b- reasons:*-
	""",
	"PostingValidationMessage": """
		postingId:i- message:s-
	""",
}

EVERYWHERE = "id:i version:i changes:*Change- url:s-"
WITHOUT_ID = {
	"LoggedInUserInfo",
	"LedgerAccount",
	"BalanceSheetAccount",
	"EventInfo",
	"SalesModule",
	"Change",
}
WITHOUT_ID |= {"VoucherOptions", "VoucherOptionDeleteMetadata", "PostingValidationMessage"}


def _field(text: str) -> Field:
	name, kind = text.split(":", 1)
	read_only = kind.endswith("-")
	kind = kind.rstrip("-")
	choices = tuple(kind[2:].split("|")) if kind.startswith("s=") else ()
	digits = kind[1:] if kind[0] == "s" and kind[1:].isdigit() else ""
	target = kind[1:] if kind[0] in ">*" else ""
	return Field(name, kind[0], target, int(digits or 0), choices, read_only)


def _model(name: str, notation: str) -> dict[str, Field]:
	words = [] if name in WITHOUT_ID else EVERYWHERE.split()
	return {f.name: f for f in map(_field, words + notation.split())}


MODELS: dict[str, dict[str, Field]] = {name: _model(name, text) for name, text in NOTATION.items()}

# Objects that are written inside the object that owns them, not as references.
OWNED = {
	("Customer", "postalAddress"),
	("Customer", "physicalAddress"),
	("Invoice", "orders"),
	("Order", "orderLines"),
	("Voucher", "postings"),
}
# Short of a model of their own here: they are always empty.
EMPTY = {"id:i", "version:i", "url:s-", "name:s"}


def fields_of(model: str) -> dict[str, Field]:
	"""The fields of a model; a model that the simulator does not fill has only a few."""
	return MODELS.get(model) or {f.name: f for f in map(_field, sorted(EMPTY))}
