"""The other end of ``process``: python -m billing_ext.rendering.pdf.worker ENGINE.

The first line on standard output says that the engine has started. Then a line on standard input says that there is
a file ``request``; a line on standard output, that there is a file ``answer``, or which error occurred.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import IO

from pypdf import PdfReader

from billing_ext.core.errors import DomainError
from billing_ext.rendering.pdf.engines import STARTS, Engine
from billing_ext.rendering.pdf.process import end_tree
from billing_ext.rendering.pdf.request import Request
from billing_ext.rendering.pdf.weasyprint_engine import WeasyPrint

_STACK = 256 * 1024 * 1024
"""Bytes: Python 3.10 uses the stack for each of WeasyPrint's recursive calls."""


def _serve(name: str, answers: IO[bytes]) -> None:
	engine = STARTS[name]()
	_answer(answers, {})
	for _ in sys.stdin.buffer:
		error: dict[str, object] = {}
		try:
			text = Path("request").read_text(encoding="utf-8")
			Path("answer").write_bytes(_printed(Request.from_json(text), engine))
		except DomainError as refused:
			error = {"code": refused.code, **refused.context}
		except Exception as failure:  # noqa: BLE001 - whatever a library makes of hostile HTML
			reason = f"{type(failure).__name__}: {failure}".splitlines()[0][:200]
			error = {"code": "pdf_failed", "engine": name, "reason": reason}
		_answer(answers, error)
	engine.close()


def _answer(answers: IO[bytes], error: dict[str, object]) -> None:
	answers.write(json.dumps(error).encode() + b"\n")
	answers.flush()


def _printed(request: Request, engine: Engine) -> bytes:
	page, parts = request.page, request.page.parts()
	if request.attachments is not None and isinstance(engine, WeasyPrint):
		content = engine.archive(page, parts, request.attachments)
	else:
		content = engine.pdf(page, parts, request.max_pages)
	if len(PdfReader(io.BytesIO(content)).pages) > request.max_pages:
		raise DomainError("pdf_too_long", limit=request.max_pages)
	return content


def _leave_with_parent() -> None:
	"""End with the process that asked, even if it was killed: nobody else would end a page that hangs."""
	parent = os.getppid()
	while os.getppid() == parent:
		time.sleep(1)
	end_tree(os.getpid(), itself=True)


def main() -> None:
	"""Answer until standard input ends."""
	answers = os.fdopen(os.dup(1), "wb")
	os.dup2(2, 1)  # what a library prints must not pass for an answer
	threading.Thread(target=_leave_with_parent, daemon=True).start()
	threading.stack_size(_STACK)
	serving = threading.Thread(target=_serve, args=(sys.argv[1], answers))
	serving.start()
	serving.join()


if __name__ == "__main__":
	main()
