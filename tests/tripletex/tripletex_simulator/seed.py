"""A small Norwegian company to start from. All of it is what companies of the standard chart have in common."""

from __future__ import annotations

from decimal import Decimal

from .state import Row, State

# id, code, name, rate
VAT_TYPES = """
0|0|Ingen avgiftsbehandling|0
1|1|Fradrag inngående avgift, høy sats|25
3|3|Utgående avgift, høy sats|25
5|5|Ingen utgående avgift (innenfor mva-loven)|0
6|6|Ingen utgående avgift (utenfor mva-loven)|0
7|7|Ingen avgiftsbehandling (inntekter)|0
11|11|Fradrag inngående avgift, middels sats|15
12|13|Fradrag inngående avgift, lav sats|12
31|31|Utgående avgift, middels sats|15
32|33|Utgående avgift, lav sats|12
51|51|Avgiftsfri innlands omsetning med omvendt avgiftsplikt|0
52|52|Avgiftsfri utførsel av varer og tjenester|0
311|32|Utgående avgift, råfisk|11.11
550|TAP-1|Tap på krav - kode 1|25
"""
OUTGOING = (3, 5, 6, 7, 31, 32, 51, 52, 311)
INCOMING = (0, 1, 11, 12)

# number, name, type, ledger, VAT types (locked to the first if only one), flags: B bank, I inactive, C closeable
ACCOUNTS = """
1500|Kundefordringer|ASSETS|CUSTOMER|0|C
1530|Opptjent, ikke fakturert driftsinntekt|ASSETS|GENERAL|0|
1579|Andre kortsiktige fordringer|ASSETS|GENERAL|0|
1580|Avsetning tap på kundefordringer|ASSETS|GENERAL|0|
1900|Kontanter NOK|ASSETS|GENERAL|0|
1915|Betalingsformidler, underveis|ASSETS|GENERAL|0|
1920|Bankinnskudd|ASSETS|GENERAL|0|B
1940|Bankinnskudd utland|ASSETS|GENERAL|0|I
1950|Bankinnskudd for skattetrekk|ASSETS|GENERAL|0|
2000|Aksjekapital|EQUITY|GENERAL|0|
2050|Annen egenkapital|EQUITY|GENERAL|0|
2400|Leverandørgjeld|LIABILITIES|VENDOR|0|C
2700|Utgående merverdiavgift, høy sats|LIABILITIES|GENERAL|0|
2701|Utgående merverdiavgift, middels sats|LIABILITIES|GENERAL|0|
2702|Utgående merverdiavgift, lav sats|LIABILITIES|GENERAL|0|
2703|Utgående merverdiavgift, råfisk|LIABILITIES|GENERAL|0|
2710|Inngående merverdiavgift, høy sats|LIABILITIES|GENERAL|0|
2711|Inngående merverdiavgift, middels sats|LIABILITIES|GENERAL|0|
2713|Inngående merverdiavgift, lav sats|LIABILITIES|GENERAL|0|
2740|Oppgjørskonto merverdiavgift|LIABILITIES|GENERAL|0|C
2900|Forskudd fra kunder|LIABILITIES|GENERAL|0|
2910|Gjeld til ansatte og eiere|LIABILITIES|EMPLOYEE|0|C
2965|Påløpte kostnader|LIABILITIES|GENERAL|0|
2970|Uopptjent inntekt|LIABILITIES|GENERAL|0|
3000|Salgsinntekt, avgiftspliktig|OPERATING_REVENUES|GENERAL|3|
3001|Salgsinntekt, avgiftspliktig, middels sats|OPERATING_REVENUES|GENERAL|31|
3002|Salgsinntekt, avgiftspliktig, lav sats|OPERATING_REVENUES|GENERAL|32|
3011|Salgsinntekt, avgiftspliktig, råfisk|OPERATING_REVENUES|GENERAL|311|I
3080|Rabatt og annen salgsinntektsreduksjon|OPERATING_REVENUES|GENERAL|3|
3090|Opptjent, ikke fakturert inntekt|OPERATING_REVENUES|GENERAL|0|
3100|Salgsinntekt, avgiftsfri|OPERATING_REVENUES|GENERAL|5|
3107|Salgsinntekt utførsel av varer og tjenester, avgiftsfri|OPERATING_REVENUES|GENERAL|52|I
3108|Salgsinntekt gull og klimakvoter, avgiftsfri|OPERATING_REVENUES|GENERAL|51|I
3190|Opptjent, ikke fakturert inntekt|OPERATING_REVENUES|GENERAL|0|
3200|Salgsinntekt, utenfor avgiftsområdet|OPERATING_REVENUES|GENERAL|6|
3290|Opptjent, ikke fakturert inntekt|OPERATING_REVENUES|GENERAL|0|
3600|Leieinntekt fast eiendom, avgiftspliktig|OPERATING_REVENUES|GENERAL|3|
3605|Leieinntekt fast eiendom utenfor avgiftsområdet|OPERATING_REVENUES|GENERAL|6|
3700|Provisjonsinntekt, avgiftspliktig|OPERATING_REVENUES|GENERAL|3|
3705|Provisjonsinntekt, avgiftsfri|OPERATING_REVENUES|GENERAL|5|
3900|Annen driftsrelatert inntekt|OPERATING_REVENUES|GENERAL|0|
3950|Purregebyr|OPERATING_REVENUES|GENERAL|0|
6540|Inventar|OPERATING_EXPENSES|GENERAL|1,0|
6800|Kontorrekvisita|OPERATING_EXPENSES|GENERAL|1,0|
7740|Øreavrunding|OPERATING_EXPENSES|GENERAL|0|
7770|Bank og kortgebyrer|OPERATING_EXPENSES|GENERAL|0|
7830|Konstaterte tap på fordringer|OPERATING_EXPENSES|GENERAL|0,1,11,12,550|
8050|Annen renteinntekt|INVESTMENT_INCOME|GENERAL|0|
8060|Valutagevinst (agio)|INVESTMENT_INCOME|GENERAL|0|
8160|Valutatap (disagio)|COST_OF_CAPITAL|GENERAL|0|
"""
# Where VAT of a type goes, and where sales go when the product's account does not fit the line.
VAT_ACCOUNTS = {3: 2700, 31: 2701, 32: 2702, 311: 2703, 1: 2710, 11: 2711, 12: 2713}
SALES_ACCOUNTS = {
	3: 3000,
	31: 3001,
	32: 3002,
	311: 3011,
	5: 3100,
	51: 3108,
	52: 3107,
	6: 3200,
	7: 3900,
	0: 3900,
}

VOUCHER_TYPES = (
	"Utgående faktura|Leverandørfaktura|Purring|Betaling|Lønnsbilag|Terminoppgave|Mva-melding|"
	"Betaling med KID-nummer|Remittering|Bankavstemming|Reiseregning|Ansattutlegg|Åpningsbalanse|"
	"Tolldeklarasjon|Pensjon|Refusjon av sykepenger|Øreavrunding"
).split("|")

CURRENCIES = (
	"1 NOK 1|2 SEK 100|3 DKK 100|4 USD 1|5 EUR 1|6 GBP 1|7 CHF 100|8 JPY 100|9 AUD 1|20 ISK 100|33 PLN 1"
)
COUNTRIES = (
	"161 NO NOR 578 Norge|206 SE SWE 752 Sverige|58 DK DNK 208 Danmark|72 FI FIN 246 Finland|"
	"80 DE DEU 276 Tyskland|75 FR FRA 250 Frankrike|152 NL NLD 528 Nederland|77 GB GBR 826 Storbritannia|"
	"236 US USA 840 USA|100 IS ISL 352 Island|176 PL POL 616 Polen|202 ES ESP 724 Spania|"
	"207 CH CHE 756 Sveits|10 AT AUT 040 Østerrike|20 BE BEL 056 Belgia|105 IE IRL 372 Irland"
)
UNITS = "Stykk stk|Time t|Måned mnd|Kilogram kg|Liter l"
EVENT_NAMES = """
invoice.charged order.create order.update order.delete product.create product.update product.delete
account.create account.update account.delete customer.create customer.update customer.delete
contact.create contact.update contact.delete voucher.create voucher.update voucher.delete
archiverelation.create notification.sent voucherstatus.ready closeGroup.create closeGroup.delete
""".split()


def fill(state: State, *, fresh: bool) -> None:
	"""The company's first content. A fresh company has no bank account and no VAT registration."""
	_fill_lists(state)
	_fill_accounts(state, fresh)
	_fill_payment_types(state)
	_fill_company(state)
	state.settings["vat_registered"] = not fresh
	state.commit()
	state.queue.clear()


def _fill_lists(state: State) -> None:
	for line in VAT_TYPES.split("\n")[1:-1]:
		key, number, name, rate = line.split("|")
		row: Row = {"number": number, "name": name, "percentage": Decimal(rate)}
		row |= {"displayName": f"{number}: {name}", "deductionPercentage": Decimal(100)}
		state.add("VatType", row, int(key))
	for entry in CURRENCIES.split("|"):
		key, code, factor = entry.split()
		row = {"code": code, "factor": int(factor), "displayName": code, "description": code}
		state.add("Currency", row, int(key))
	for entry in COUNTRIES.split("|"):
		key, two, three, number, name = entry.split()
		row = {"name": name, "displayName": name, "isoAlpha2Code": two, "isoAlpha3Code": three}
		state.add("Country", row | {"isoNumericCode": number}, int(key))
	for name in VOUCHER_TYPES:
		state.add("VoucherType", {"name": name, "displayName": name})
	for entry in UNITS.split("|"):
		name, short = entry.split()
		state.add("ProductUnit", {"name": name, "nameShort": short, "displayName": name, "isDeletable": True})


def _fill_accounts(state: State, fresh: bool) -> None:
	for line in ACCOUNTS.split("\n")[1:-1]:
		number, name, kind, ledger, vat, flags = line.split("|")
		legal = [int(v) for v in vat.split(",")]
		row: Row = {"number": int(number), "numberPretty": number, "name": name, "type": kind}
		row |= {
			"ledgerType": ledger,
			"legalVatTypes": legal,
			"vatType": legal[0],
			"vatLocked": len(legal) == 1,
		}
		row |= {
			"displayName": f"{number} {name}",
			"currency": 1,
			"saftCode": number[:2],
			"groupingCode": number,
		}
		row |= {"isCloseable": "C" in flags, "isInactive": "I" in flags, "isBankAccount": "B" in flags}
		row |= {"isInvoiceAccount": "B" in flags, "requireReconciliation": "B" in flags}
		row["bankAccountNumber"] = "15032080119" if "B" in flags and not fresh else ""
		state.add("Account", row)


def _fill_payment_types(state: State) -> None:
	for name, number in (("Kontant", 1900), ("Betalt til bank", 1920), ("Betalingsformidler", 1915)):
		account = next(a for a in state.table("Account").values() if a["number"] == number)
		row: Row = {"description": name, "displayName": name, "debitAccount": account["id"], "sequence": 0}
		state.add("PaymentType", row | {"currencyId": 1, "currencyCode": "NOK"})


def _fill_company(state: State) -> None:
	address = state.add(
		"Address", {"addressLine1": "Storgata 1", "postalCode": "0155", "city": "Oslo", "country": 161}
	)
	row: Row = {
		"name": "Simulert Selskap AS",
		"displayName": "Simulert Selskap AS",
		"type": "AS",
		"currency": 1,
	}
	row |= {"organizationNumber": "987654325", "address": address["id"], "startDate": "2020-01-01"}
	state.add("Company", row, state.company_id)
	state.add(
		"Employee", {"displayName": "Integrasjon", "firstName": "Integrasjon", "lastName": "Bruker"}, 4101
	)
	state.add("Department", {"name": "Avdeling", "departmentNumber": "", "displayName": "Avdeling"})
	state.add(
		"VatTermSizeSettings",
		{"fromDate": "2020-01-01", "termSize": "TWO_MONTHS", "reportType": "GENERAL_INDUSTRY"},
	)
