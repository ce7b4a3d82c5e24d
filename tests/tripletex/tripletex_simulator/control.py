"""A page and a few addresses beside the API, for demonstrations: what the bank does, what people do in Tripletex.

`GET /simulator` shows the company; `GET /simulator/invoices` and the like give it as JSON;
`POST /simulator/bank/pay {"invoice_number": 500001, "amount": 125, "date": "2026-11-22"}` calls `sim.bank.pay`;
`POST /simulator/webhooks/deliver {}` delivers what waits.
"""

from __future__ import annotations

import json
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from .errors import Refusal

if TYPE_CHECKING:
	from .app import Simulator

PREFIX = "/simulator"
VIEWS = ("invoices", "customers", "orders", "products", "vouchers", "sent_box", "violations", "requests")
TOOLS = ("bank", "gui", "webhooks", "faults")
COLUMNS = ("invoiceNumber", "invoiceDate", "kid", "amountCurrency", "amountOutstanding", "isCreditNote")


def answer(sim: Simulator, request: Request) -> Response:
	"""The answer to a call below /simulator."""
	parts = request.path[len(PREFIX) :].strip("/").split("/")
	if request.method == "GET":
		return _view(sim, parts[0])
	tool, name = parts if len(parts) == 2 else ("", "")
	action = None if name.startswith("_") else getattr(getattr(sim, tool, None), name, None)
	if tool not in TOOLS or not callable(action):
		return _json({"error": "no such action"}, 404)
	try:
		return _json({"result": action(**json.loads(request.get_data() or b"{}", parse_float=Decimal))})
	except Refusal as refusal:
		return _json(refusal.body(""), refusal.status)
	except (LookupError, TypeError, ValueError) as error:
		return _json({"error": f"{type(error).__name__}: {error}"}, 400)


def _view(sim: Simulator, name: str) -> Response:
	if not name:
		return Response(_page(sim), content_type="text/html; charset=utf-8")
	if name not in VIEWS:
		return _json({"error": "no such view"}, 404)
	found = getattr(sim, name)
	return _json(found() if callable(found) else found)


def _json(payload: Any, status: int = 200) -> Response:
	text = json.dumps(
		payload, default=lambda v: float(v) if isinstance(v, Decimal) else str(v), ensure_ascii=False
	)
	return Response(text, status, content_type="application/json; charset=utf-8")


def _page(sim: Simulator) -> str:
	head = "".join(f"<th>{name}</th>" for name in COLUMNS)
	rows = "".join(
		"<tr>" + "".join(f"<td>{escape(str(invoice[name]))}</td>" for name in COLUMNS) + "</tr>"
		for invoice in reversed(sim.invoices())
	)
	links = " · ".join(f'<a href="{PREFIX}/{name}">{name}</a>' for name in VIEWS)
	return (
		"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Tripletex simulator</title>"
		"<style>body{font:14px sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left}</style>"
		f"<h1>Tripletex simulator</h1><p>{links}</p><table><tr>{head}</tr>{rows}</table></html>"
	)
