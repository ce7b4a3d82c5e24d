"""Preview, forecast and what-if: planning on a ledger in memory."""

from __future__ import annotations

from builders import QUARTER, amended, amendment, change, contract, d, documents, line, one_off, terminate

from billing_ext.core.simulation import Books, forecast, simulate

JUNE = contract(line("2024-06-01", "500"), line("2024-06-01", "900", "L2", interval=QUARTER))


def test_forecast_names_the_next_invoices():
	"""What a customer will be billed, with dates, for as many invoices as asked."""
	dates = [(str(day), str(drafts[0].amount)) for day, drafts in forecast(JUNE, Books(), d("2024-05-01"), 4)]
	assert dates == [
		("2024-06-01", "1400.00"),
		("2024-07-01", "500.00"),
		("2024-08-01", "500.00"),
		("2024-09-01", "1400.00"),
	]


def test_forecast_ends_with_the_contract():
	"""A terminated contract has a last invoice."""
	ended = amended(JUNE, amendment("2024-06-15", terminate("2024-07-15")))
	amounts = [str(drafts[0].amount) for _, drafts in forecast(ended, Books(), d("2024-05-01"), 9)]
	# 500 + 900 × 45/92 = 440.22; then 500 × 15/31
	assert amounts == ["940.22", "241.94"]


def test_forecast_skips_days_on_which_nothing_is_billed():
	"""A price that rounds to nothing falls due without an invoice."""
	tiny = contract(line("2024-06-01", "0.001"), one_off("2024-07-01", "10"))
	assert [str(day) for day, _ in forecast(tiny, Books(), d("2024-05-01"), 3)] == ["2024-07-01"]


def test_what_if():
	"""The same contract as known on each day: a raise that is entered late shows as it would be billed."""
	raised = amended(JUNE, amendment("2024-06-16", change(price="750")))
	books = Books()
	played = simulate([(d("2024-06-01"), JUNE), (d("2024-06-20"), raised), (d("2024-07-01"), raised)], books)
	assert [documents(drafts) for _, drafts in played] == [
		[("Invoice", ["500.00", "900.00"], "")],
		[],
		[("Invoice", ["125.00", "750.00"], "")],
	]
	assert len(books.entries) == 4
