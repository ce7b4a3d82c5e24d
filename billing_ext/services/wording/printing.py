"""The words for rules of templates and PDFs."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

WORDS: dict[str, Callable[[], tuple[str, str]]] = {
	"liquid_unknown_name": lambda: (
		_("There is no {path}."),
		_("Insert Field lists every name that can be used."),
	),
	"liquid_unknown_filter": lambda: (
		_("There is no filter {word}."),
		_("The reference of templates lists the filters."),
	),
	"liquid_unknown_tag": lambda: (
		_("There is no tag {word} here."),
		_("Check its spelling, and that every block has its end tag."),
	),
	"liquid_partial_missing": lambda: (
		_("There is no template {partial}."),
		_("Create it, or correct the name after render."),
	),
	"liquid_syntax": lambda: (
		_("This is not valid Liquid: {detail}."),
		_("Correct the marked line."),
	),
	"liquid_wrong_value": lambda: (
		_("A value does not fit: {detail}."),
		_("Correct the marked line."),
	),
	"liquid_filter_too_big": lambda: (
		_("Too much for one filter: {detail}."),
		_("Work on less at a time."),
	),
	"liquid_too_slow": lambda: (
		_("The template takes more than {limit} seconds."),
		_("Loop over less, or move work out of inner loops."),
	),
	"liquid_too_many_turns": lambda: (
		_("The template's loops turn more than {limit} times."),
		_("Loop over less, or move work out of inner loops."),
	),
	"liquid_too_long": lambda: (
		_("The document becomes longer than {limit} bytes."),
		_("Print less for each line."),
	),
	"liquid_too_much_memory": lambda: (
		_("The template's variables hold more than {limit} bytes."),
		_("Print values instead of collecting them."),
	),
	"liquid_too_many_partials": lambda: (
		_("More than {limit} templates use each other, one within the other."),
		_("Check that no template uses itself."),
	),
	"liquid_too_deep": lambda: (
		_("The template nests more than {limit} blocks."),
		_("Move inner blocks to a template of their own and use render."),
	),
	"liquid_source_too_long": lambda: (
		_("The template has {size} characters; {limit} are possible."),
		_("Move parts of it to templates of their own and use render."),
	),
	"liquid_wrong_document": lambda: (
		_("This template is for {wanted}, not for {given}."),
		_("Choose another print format."),
	),
	"liquid_page": lambda: (
		_("Nothing fits between the margins of the page."),
		_("Choose a larger Page Size, or smaller margins."),
	),
	"liquid_no_document": lambda: (
		_("A part of other templates has nothing to show by itself."),
		_("Choose a document under For, or preview a template that uses this one."),
	),
	"jinja_unknown": lambda: (
		_("No field of the templates holds this: {text}."),
		_("It was left as a comment; write it anew or delete it."),
	),
	"jinja_macro": lambda: (
		_("Liquid has no macros: {text}."),
		_("Make a template of its own from it and use render."),
	),
	"jinja_include": lambda: (
		_("Another file is included: {text}."),
		_("Make a template of its own from it and use render."),
	),
	"jinja_near": lambda: (
		_("{field} became {path}, which may mean something slightly different."),
		_("Compare the printed values."),
	),
	"jinja_unescaped": lambda: (
		_("This was printed as HTML and is text now: {text}."),
		_("Write the HTML into the template, or use the markdown filter."),
	),
	"jinja_loop_filter": lambda: (
		_("The loop leaves rows out; its index counts them too."),
		_("Count with assign and plus instead."),
	),
	"jinja_syntax": lambda: (
		_("This is not valid Jinja: {text}."),
		_("Correct the print format first, or paste what you need by hand."),
	),
	"liquid_no_type": lambda: (
		_("There are no templates for {given}."),
		_("Choose a print format of one of these: {types}."),
	),
	"pdf_engine_missing": lambda: (
		_("{engine} is not installed on the server."),
		_("Choose another engine, or have it installed."),
	),
	"pdf_failed": lambda: (
		_("{engine} could not print the document: {reason}."),
		_("Choose another engine, or simplify the template."),
	),
	"pdf_timeout": lambda: (
		_("{engine} took more than {seconds} seconds to print the document."),
		_("Make the document shorter, or simplify the template."),
	),
	"pdf_too_large": lambda: (
		_("The document is larger than {limit} MB."),
		_("Use smaller pictures."),
	),
	"pdf_too_long": lambda: (
		_("The document has more than {limit} pages."),
		_("Print it in parts."),
	),
}
