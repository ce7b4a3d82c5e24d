"""HTML that is already rendered, as PDF. Knows neither Frappe nor ERPNext, and trusts nothing it is given."""

from billing_ext.rendering.pdf.engines import ENGINES, engines_present
from billing_ext.rendering.pdf.page import Attachment, Margins, PrintPage
from billing_ext.rendering.pdf.printer import PdfPrinter

__all__ = [
	"ENGINES",
	"Attachment",
	"Margins",
	"PdfPrinter",
	"PrintPage",
	"engines_present",
]
