"""HTML that is already rendered, as PDF. Knows neither Frappe nor ERPNext, and trusts nothing it is given."""

from billing_ext.rendering.pdf.engines import ENGINES, engines_present
from billing_ext.rendering.pdf.page import Attachment, Margins, PrintPage
from billing_ext.rendering.pdf.printer import PdfPrinter, archive, to_pdf
from billing_ext.rendering.pdf.safety import blank_remote

__all__ = [
	"ENGINES",
	"Attachment",
	"Margins",
	"PdfPrinter",
	"PrintPage",
	"archive",
	"blank_remote",
	"engines_present",
	"to_pdf",
]
