"""The desk as a person uses it: fields, tables, buttons and what they see of them."""

from __future__ import annotations

from datetime import date

from playwright.sync_api import Locator, Page, expect

WORKER_TIMEOUT = 20_000
"""Milliseconds in which the worker has billed one contract."""


def written(day: date) -> str:
	"""A date as the site's users write it."""
	return f"{day:%d.%m.%Y}"


class Form:
	"""The form that is open."""

	def __init__(self, page: Page):
		self.page = page
		self.root = page.locator(".page-container:visible")
		page.set_viewport_size({"width": 1280, "height": 900})

	def open(self, doctype: str, name: str = "new") -> None:
		self.page.goto(f"/app/{doctype.lower().replace(' ', '-')}/{name}")

	def field(self, name: str) -> Locator:
		return self.root.locator(f".frappe-control[data-fieldname='{name}']:visible").first

	def cell(self, table: str, row: int, name: str) -> Locator:
		return self.root.locator(
			f"[data-fieldname='{table}'] .grid-body .grid-row[data-idx='{row}'] [data-fieldname='{name}']"
		).first

	def fill(self, name: str, value: str) -> None:
		enter(self.field(name), value)

	def choose(self, name: str, value: str) -> None:
		pick(self.field(name), value)

	def fill_cell(self, table: str, row: int, name: str, value: str) -> None:
		cell = self.cell(table, row, name)
		cell.click()
		enter(cell, value)

	def select_cell(self, table: str, row: int, name: str, option: str) -> None:
		cell = self.cell(table, row, name)
		cell.click()
		cell.locator("select").select_option(option)

	def choose_cell(self, table: str, row: int, name: str, value: str) -> None:
		cell = self.cell(table, row, name)
		cell.click()
		pick(cell, value)

	def add_row(self, table: str) -> None:
		self.root.locator(f"[data-fieldname='{table}'] .grid-add-row:visible").click()

	def open_row(self, table: str, row: int) -> None:
		self.root.locator(f"[data-fieldname='{table}'] .grid-row[data-idx='{row}'] .btn-open-row").click()

	def unfold(self, section: str) -> None:
		self.root.locator(".section-head.collapsible:visible", has_text=section).first.click()

	def button(self, label: str) -> Locator:
		return self.root.get_by_role("button", name=label, exact=True)

	def press(self, label: str) -> None:
		self.button(label).click()

	def menu(self, group: str, label: str) -> None:
		"""Press a button that is one of a group's."""
		buttons = self.root.locator(
			".inner-group-button:visible", has=self.page.get_by_role("button", name=group)
		)
		buttons.get_by_role("button", name=group).click()
		buttons.locator(".dropdown-item", has_text=label).click()

	def tab(self, label: str) -> None:
		self.root.get_by_role("tab", name=label, exact=True).click()

	def save(self) -> None:
		self.press("Save")
		self.shows_status("Draft")
		self.close_alert()

	def submit(self) -> None:
		self.press("Submit")
		self.page.locator(".modal:visible").get_by_role("button", name="Yes").click()
		expect(self.button("Submit")).to_have_count(0)
		self.close_alert()

	def close_alert(self) -> None:
		alert = self.page.locator(".desk-alert")
		alert.locator(".close").click()
		expect(alert).to_have_count(0)

	def shows_status(self, label: str, timeout: float = 10_000) -> None:
		status = self.root.locator(".page-head .indicator-pill:visible")
		expect(status).to_have_text(label, timeout=timeout)

	def shows(self, *texts: str) -> None:
		for text in texts:
			expect(self.root.get_by_text(text).filter(visible=True).first).to_be_visible()


class Dialog:
	"""The dialog that is open."""

	def __init__(self, page: Page, title: str):
		self.root = page.locator(".modal:visible").filter(has=page.locator(".modal-title", has_text=title))

	def fill(self, name: str, value: str) -> None:
		enter(self.root.locator(f".frappe-control[data-fieldname='{name}']"), value)

	def press(self, label: str) -> None:
		self.root.get_by_role("button", name=label, exact=True).click()

	def shows(self, *texts: str) -> None:
		for text in texts:
			expect(self.root.get_by_text(text).first).to_be_visible()


def enter(control: Locator, value: str) -> None:
	field = control.locator("input:visible, textarea:visible")
	field.fill(value)
	field.press("Tab")


def pick(control: Locator, value: str) -> None:
	field = control.locator("input:visible")
	field.fill(value)
	control.locator("[role=listbox] > *:visible", has_text=value).first.click()
