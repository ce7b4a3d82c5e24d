"""Checks against a description of the API, if there is one and openapi-core is installed."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

VARIABLE = "BILLING_EXT_TRIPLETEX_DESCRIPTION"
HOST = "https://tripletex.no"


class Contract:
	"""A description of the API, loaded once per file."""

	def __init__(self, path: str):
		from openapi_core import OpenAPI

		with open(path, encoding="utf-8") as file:
			self.description = json.load(file)
		self.api = OpenAPI.from_dict(self.description)

	@property
	def operations(self) -> set[tuple[str, str]]:
		"""Every (method, path template)."""
		verbs = ("get", "post", "put", "delete")
		paths = self.description["paths"].items()
		return {(verb.upper(), path) for path, item in paths for verb in verbs if verb in item}

	def request_errors(
		self, method: str, path: str, query: dict[str, list[str]], body: bytes, kind: str
	) -> list[str]:
		"""What the description says against a request."""
		result = self.api.unmarshal_request(_request(method, path, query, body, kind))
		return [_words(error) for error in result.errors]

	def answer_errors(
		self, method: str, path: str, query: dict[str, list[str]], status: int, body: bytes, kind: str
	) -> list[str]:
		"""What the description says against an answer."""
		from openapi_core.testing import MockResponse

		response = MockResponse(body, status_code=status, content_type=kind.split(";")[0])
		request = _request(method, path, query, b"", "application/json")
		result = self.api.unmarshal_response(request, response)
		return [_words(error) for error in result.errors]


def _request(method: str, path: str, query: dict[str, list[str]], body: bytes, kind: str) -> Any:
	from openapi_core.testing import MockRequest
	from werkzeug.datastructures import ImmutableMultiDict

	arguments = ImmutableMultiDict([(name, value) for name, values in query.items() for value in values])
	headers = {"Authorization": "Basic MDp0b2tlbg=="}
	request = MockRequest(
		HOST,
		method.lower(),
		"/v2" + path,
		headers=headers,
		data=body or None,
		content_type=kind or "application/json",
	)
	request.parameters.query = arguments
	return request


def _words(error: Exception) -> str:
	"""One line: the error and its causes."""
	cause: Any = error.__cause__ or error.__context__
	details = [
		f"{'.'.join(map(str, e.path))}: {e.message}"[:300] for e in getattr(cause, "schema_errors", ())
	]
	return f"{type(error).__name__}: {'; '.join(details) or error}"[:1500]


@lru_cache(maxsize=4)
def load(path: str) -> Contract:
	"""The contract of a file; loading takes seconds, so that it is shared."""
	return Contract(path)


def default_path() -> str | None:
	"""The description in the folder that the environment names, or in the one beside the repository, if it is there."""
	root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
	folder = os.environ.get(VARIABLE) or os.path.join(os.path.dirname(root), "shared", "tripletex")
	path = os.path.join(folder, "contract-3.1.json")
	return path if os.path.exists(path) else None


def installed() -> bool:
	"""Whether openapi-core can be imported."""
	try:
		import openapi_core  # noqa: F401
	except ImportError:
		return False
	return True
