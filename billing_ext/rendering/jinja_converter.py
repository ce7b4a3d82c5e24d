"""The common part of Frappe's Jinja print formats as Liquid. What it does not know it leaves as a comment, with a note."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError

from billing_ext.rendering import drops, jinja_fields
from billing_ext.rendering.jinja_conditions import Condition, both, either, flat, opposite
from billing_ext.rendering.jinja_source import Source, unparsed


@dataclass(frozen=True)
class Note:
	"""Something for a person to look at: the line of the print format, what it is, and the values of its message.

	Codes: ``jinja_unknown`` (left as a comment), ``jinja_macro``, ``jinja_include``, ``jinja_near`` (a field that means
	slightly something else), ``jinja_unescaped`` (it was printed as HTML, now it is text), ``jinja_loop_filter`` (the
	loop's index counts the rows that are left out, too), ``jinja_syntax`` (not a Jinja template at all).
	"""

	line: int
	code: str
	values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Conversion:
	"""A template and what is left to do on it."""

	liquid: str
	notes: tuple[Note, ...]


class Unknown(Exception):
	"""A part of a Jinja template that has no equivalent."""


@dataclass(frozen=True)
class Value:
	"""A Liquid expression: a path or literal with filters, the kind of its value, and what a list or object holds."""

	head: str
	filters: tuple[str, ...] = ()
	kind: str = ""
	of: drops.Schema | None = None

	def __str__(self) -> str:
		return " | ".join((self.head, *self.filters))

	def then(self, filter_: str, kind: str = "") -> Value:
		"""With one filter more."""
		return Value(self.head, (*self.filters, filter_), kind)


def convert(jinja_source: str, document_type: str) -> Conversion:
	"""A Jinja print format of ``document_type`` as Liquid. Raises KeyError for a document type without templates."""
	schema = drops.DOCUMENTS[document_type]
	try:
		source = Source(jinja_source)
		tree = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"]).parse(source.marked)  # noqa: S701
	except TemplateSyntaxError as error:
		note = Note(error.lineno, "jinja_syntax", {"text": str(error.message)})
		return Conversion(_comment(jinja_source), (note,))
	converter = _Converter(source, document_type, schema)
	return Conversion(converter.body(tree.body), tuple(converter.notes))


def _comment(text: str) -> str:
	"""A Liquid comment in which nothing is a tag."""
	return "{% comment %}" + re.sub(r"\{(?=[{%#])", "{ ", text) + "{% endcomment %}"


def _quoted(text: str) -> str:
	"""A Liquid literal, which knows no escapes."""
	if "'" in text and '"' in text:
		raise Unknown("both kinds of quotes")
	return f'"{text}"' if "'" in text else f"'{text}'"


_SAME = {
	"capitalize",
	"first",
	"last",
	"reverse",
	"round",
	"abs",
	"join",
	"replace",
	"map",
	"sort",
	"sum",
	"markdown",
}
_FILTERS = {
	"upper": "upcase",
	"lower": "downcase",
	"trim": "strip",
	"length": "size",
	"len": "size",
	"count": "size",
	"striptags": "strip_html",
	"unique": "uniq",
	"urlencode": "url_encode",
	"int": "floor",
	"nl2br": "newline_to_br",
	"default": "default",
	"d": "default",
	**{name: name for name in _SAME},
}
_DROPPED = frozenset(("e", "escape", "forceescape", "list", "string", "float", "safe"))
_METHODS = {"upper": "upcase", "lower": "downcase", "strip": "strip", "replace": "replace", "split": "split"}
_NUMERIC = frozenset(("round", "floor", "abs", "sum", "size"))
_LOOP = {
	**{name: name for name in ("index", "index0", "first", "last", "length")},
	"revindex": "rindex",
	"revindex0": "rindex0",
}
_OPERATORS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "lteq": "<=", "gteq": ">="}
_OPPOSITES = {"eq": "ne", "ne": "eq", "lt": "gteq", "gteq": "lt", "gt": "lteq", "lteq": "gt"}
_FIELDTYPES = {"Currency": "money", "Date": "date", "Datetime": "date", "Float": "number", "Int": "number"}
_SHOWN = {drops.MONEY: "money", drops.DATE: "date", drops.NUMBER: "number"}
_PATTERNS = (("yyyy", "%Y"), ("yy", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("dd", "%d"))


class _Converter:
	def __init__(self, source: Source, document_type: str, schema: drops.Schema) -> None:
		self.source = source
		self.fields = jinja_fields.DOCUMENTS[document_type]
		self.main = jinja_fields.MAIN[document_type]
		self.known = {path.path: path.field for path in drops.paths(schema)}
		self.top = set(schema.names()) | {"forloop", "block", "partial"}
		self.notes: list[Note] = []
		self.names: dict[str, Value] = {}
		self.before: list[str] = []
		self.made = 0

	# Statements

	def body(self, statements: Sequence[nodes.Node]) -> str:
		"""Statements one after the other."""
		return "".join(self._statement(statement) for statement in statements)

	def _statement(self, node: nodes.Node) -> str:
		outer, self.before = self.before, []
		try:
			convert_ = getattr(self, f"_{type(node).__name__.lower()}", None)
			if convert_ is None:
				raise Unknown(type(node).__name__)
			text = str(convert_(node))
			return "".join(self.before) + text
		except Unknown:
			return self._left(node)
		finally:
			self.before = outer

	def _left(self, node: nodes.Node) -> str:
		"""What has no equivalent, as a comment."""
		codes = {"Macro": "jinja_macro", "Include": "jinja_include"}
		text = self.source.statement(node)
		self._note(node, codes.get(type(node).__name__, "jinja_unknown"), text=text[:200])
		return _comment(text)

	def _note(self, node: nodes.Node, code: str, **values: object) -> None:
		self.notes.append(Note(node.lineno, code, values))

	def _output(self, node: nodes.Output) -> str:
		return "".join(self._printed(part) for part in node.nodes)

	def _printed(self, node: nodes.Expr) -> str:
		if isinstance(node, nodes.TemplateData):
			data = str(node.data)
			return "{% raw %}" + data + "{% endraw %}" if re.search(r"\{[{%]", data) else data
		if isinstance(node, nodes.Name) and (comment := self.source.comment(node.name)) is not None:
			return _comment(comment)
		return self._apart(node, lambda: self._shown(node))

	def _apart(self, node: nodes.Expr, made: Callable[[], str]) -> str:
		"""One output with the assignments that it needs before it, or as a comment."""
		outer, self.before = self.before, []
		try:
			text = made()
			return "".join(self.before) + text
		except Unknown:
			text = "{{ " + unparsed(node) + " }}"
			self._note(node, "jinja_unknown", text=text[:200])
			return _comment(text)
		finally:
			self.before = outer

	def _shown(self, node: nodes.Expr) -> str:
		if isinstance(node, nodes.CondExpr):
			other = self._printed(node.expr2) if node.expr2 else ""
			return self._chosen(node, self._printed(node.expr1), other)
		if isinstance(node, nodes.Call) and unparsed(node.node) == "loop.cycle":
			return "{% cycle " + ", ".join(self._primary(arg) for arg in node.args) + " %}"
		return "{{ " + str(self.value(node)) + " }}"

	def _chosen(self, node: nodes.CondExpr, first: str, second: str) -> str:
		test = self._test(node.test)
		if second in ("", "{{ '' }}"):
			return f"{{% if {test} %}}{first}{{% endif %}}"
		return f"{{% if {test} %}}{first}{{% else %}}{second}{{% endif %}}"

	def _if(self, node: nodes.If) -> str:
		parts = [f"{{% if {self._noted_test(node)} %}}", self.body(node.body)]
		for other in node.elif_:
			parts += [f"{{% elsif {self._noted_test(other)} %}}", self.body(other.body)]
		if node.else_:
			parts += ["{% else %}", self.body(node.else_)]
		return "".join((*parts, "{% endif %}"))

	def _noted_test(self, node: nodes.If) -> str:
		try:
			return self._test(node.test)
		except Unknown:
			text = f"if {unparsed(node.test)}"
			self._note(node, "jinja_unknown", text=text[:200])
			self.before.append(_comment(text))
			return "false"

	def _for(self, node: nodes.For) -> str:
		if not isinstance(node.target, nodes.Name) or node.recursive:
			raise Unknown("for")
		if unparsed(node.iter) == "layout":  # the pages of Frappe's own print builder, of which there is one
			self._note(node, "jinja_unknown", text="for page in layout")
			return _comment("for page in layout") + self.body(node.body)
		rows, name, names = self.value(node.iter), self._own(node.target.name), dict(self.names)
		over = self._kept(rows)
		self.names[node.target.name] = Value(name, of=rows.of, kind=drops.OBJECT if rows.of else "")
		inside = self.body(node.body)
		if node.test:
			self._note(node, "jinja_loop_filter")
			inside = f"{{% if {self._test(node.test)} %}}{inside}{{% endif %}}"
		self.names = names
		otherwise = "{% else %}" + self.body(node.else_) if node.else_ else ""
		return f"{{% for {name} in {over} %}}{inside}{otherwise}{{% endfor %}}"

	def _assign(self, node: nodes.Assign) -> str:
		if not isinstance(node.target, nodes.Name):
			raise Unknown("set")
		return self._set(node.target.name, node.node)

	def _set(self, jinja_name: str, node: nodes.Node) -> str:
		name = self._own(jinja_name)
		if isinstance(node, nodes.CondExpr):
			second = node.expr2 or nodes.Const(None)
			made = [f"{{% assign {name} = {self.value(part)} %}}" for part in (node.expr1, second)]
			self.names[jinja_name] = Value(name)
			return self._chosen(node, *made)
		value = self.value(node)
		self.names[jinja_name] = Value(name, kind=value.kind, of=value.of)
		return f"{{% assign {name} = {value} %}}"

	def _assignblock(self, node: nodes.AssignBlock) -> str:
		if not isinstance(node.target, nodes.Name) or node.filter:
			raise Unknown("set")
		name = self._own(node.target.name)
		inside = self.body(node.body)
		self.names[node.target.name] = Value(name, kind=drops.TEXT)
		return f"{{% capture {name} %}}{inside}{{% endcapture %}}"

	def _with(self, node: nodes.With) -> str:
		made = [
			self._set(str(getattr(name, "name", "")), value)
			for name, value in zip(node.targets, node.values, strict=True)
		]
		return "".join(made) + self.body(node.body)

	def _break(self, _node: nodes.Node) -> str:
		return "{% break %}"

	def _continue(self, _node: nodes.Node) -> str:
		return "{% continue %}"

	def _own(self, name: str) -> str:
		"""A name that hides none of the objects."""
		return f"{name}_" if name in self.top else name

	# Conditions

	def _test(self, node: nodes.Node) -> str:
		return flat(self.condition(node), self._flag)

	def _flag(self, condition: str) -> str:
		"""A condition in brackets, which Liquid does not have, as a value of its own."""
		self.made += 1
		name = f"condition_{self.made}"
		self.before.append(
			f"{{% assign {name} = false %}}{{% if {condition} %}}{{% assign {name} = true %}}{{% endif %}}"
		)
		return name

	def condition(self, node: nodes.Node) -> Condition:
		"""What makes a Jinja expression true. Raises Unknown."""
		if isinstance(node, nodes.Not):
			return opposite(self.condition(node.node))
		if isinstance(node, nodes.And):
			return both(self.condition(node.left), self.condition(node.right))
		if isinstance(node, nodes.Or):
			return either(self.condition(node.left), self.condition(node.right))
		if isinstance(node, nodes.Compare):
			return self._compared(node)
		if isinstance(node, nodes.Test):
			return self._tested(node)
		return self._true(self.value(node))

	def _true(self, value: Value) -> Condition:
		"""In Jinja nothing, 0 and empty texts and lists are false; in Liquid only nothing and false."""
		path = self._kept(value)
		if value.kind in (drops.FLAG, "true"):
			return Condition(path, f"{path} != true")
		plain = Condition(path, f"{path} == nil")
		empties = {drops.MONEY: "0", drops.NUMBER: "0", drops.TEXT: "''", drops.LIST: "empty"}
		if value.kind in (drops.DATE, drops.OBJECT, drops.IMAGE):
			return plain
		if empty := empties.get(value.kind):
			return both(plain, Condition(f"{path} != {empty}", f"{path} == {empty}"))
		kept = self._assigned(value.then("default: 0"))
		return Condition(f"{kept} != 0", f"{kept} == 0")

	def _compared(self, node: nodes.Compare) -> Condition:
		left, result = node.expr, None
		for operand in node.ops:
			part = self._pair(left, operand.op, operand.expr)
			result, left = both(result, part) if result else part, operand.expr
		assert result  # noqa: S101 - a comparison has two sides
		return result

	def _pair(self, left: nodes.Expr, operator: str, right: nodes.Expr) -> Condition:
		if operator in ("in", "notin"):
			found = self._contained(left, right)
			return opposite(found) if operator == "notin" else found
		if (
			unparsed(left) == "doc.docstatus"
			and isinstance(right, nodes.Const)
			and f"{self.main}.is_cancelled" in self.known
		):
			return self._docstatus(right.value, operator)
		one, two = self._primary(left), self._primary(right)
		return Condition(
			f"{one} {_OPERATORS[operator]} {two}", f"{one} {_OPERATORS[_OPPOSITES[operator]]} {two}"
		)

	def _docstatus(self, value: object, operator: str) -> Condition:
		"""0 draft, 1 submitted, 2 cancelled: a document that is neither draft nor cancelled is submitted."""
		draft, cancelled = f"{self.main}.is_pro_forma", f"{self.main}.is_cancelled"
		submitted = f"{draft} != true and {cancelled} != true"
		states = {
			0: Condition(draft, f"{draft} != true"),
			1: Condition(submitted, f"{draft} or {cancelled}"),
			2: Condition(cancelled, f"{cancelled} != true"),
		}
		state = states.get(value, states[1])  # type: ignore[call-overload]
		return state if operator == "eq" else opposite(state)

	def _contained(self, item: nodes.Expr, holder: nodes.Expr) -> Condition:
		if isinstance(holder, nodes.List | nodes.Tuple):
			parts = [self._pair(item, "eq", one) for one in holder.items]
			if not parts:
				raise Unknown("in an empty list")
			result = parts[0]
			for part in parts[1:]:
				result = either(result, part)
			return result
		text = f"{self._primary(holder)} contains {self._primary(item)}"
		flag = self._flag(text)
		return Condition(flag, f"{flag} == false")

	def _tested(self, node: nodes.Test) -> Condition:
		path = str(self.value(node.node)) if node.name in ("none", "defined", "undefined") else ""
		if not path or " | " in path:
			raise Unknown(f"is {node.name}")
		there = Condition(f"{path} != nil", f"{path} == nil")
		return there if node.name == "defined" else opposite(there)

	# Values

	def value(self, node: nodes.Node) -> Value:
		"""A Jinja expression as a Liquid one. Raises Unknown."""
		convert_ = getattr(self, f"_value_{type(node).__name__.lower()}", None)
		if convert_ is None:
			raise Unknown(type(node).__name__)
		result = convert_(node)
		assert isinstance(result, Value)  # noqa: S101 - for mypy
		return result

	def _primary(self, node: nodes.Expr) -> str:
		return self._kept(self.value(node))

	def _kept(self, value: Value) -> str:
		"""A value without filters, as an argument has to be."""
		return self._assigned(value) if value.filters else value.head

	def _assigned(self, value: Value) -> str:
		self.made += 1
		self.before.append(f"{{% assign value_{self.made} = {value} %}}")
		return f"value_{self.made}"

	def _value_const(self, node: nodes.Const) -> Value:
		if node.value is None:
			return Value("nil")
		if isinstance(node.value, bool):
			return Value(str(node.value).lower(), kind="true")
		if isinstance(node.value, str):
			return Value(_quoted(node.value), kind=drops.TEXT)
		return Value(str(node.value), kind=drops.NUMBER)

	def _value_name(self, node: nodes.Name) -> Value:
		if node.name in self.names:
			return self.names[node.name]
		raise Unknown(node.name)

	def _value_getattr(self, node: nodes.Getattr) -> Value:
		return self._member(node, node.node, node.attr)

	def _value_getitem(self, node: nodes.Getitem) -> Value:
		if not isinstance(node.arg, nodes.Const):
			raise Unknown("[…]")
		if isinstance(node.arg.value, int):
			holder = self.value(node.node)
			return Value(f"{self._kept(holder)}[{node.arg.value}]", kind=drops.OBJECT, of=holder.of)
		return self._member(node, node.node, str(node.arg.value))

	def _member(self, node: nodes.Expr, holder: nodes.Expr, name: str) -> Value:
		if isinstance(holder, nodes.Name) and holder.name not in self.names:
			if holder.name == "loop" and name in _LOOP:
				return Value(
					f"forloop.{_LOOP[name]}", kind="true" if name in ("first", "last") else drops.NUMBER
				)
			if holder.name == "doc":
				return self._field(node, name)
			raise Unknown(holder.name)
		return self._row_field(self.value(holder), name)

	def _field(self, node: nodes.Expr, name: str) -> Value:
		if name in jinja_fields.ADDRESSES:
			return Value(f"{jinja_fields.ADDRESSES[name]}.lines", ("join: '<br>'",), drops.TEXT)
		if name.startswith("custom_") and f"{self.main}.custom" in self.known:
			return Value(f"{self.main}.custom.{name}")
		path = self.fields.get(name, "")
		if path not in self.known:
			raise Unknown(f"doc.{name}")
		if name in jinja_fields.NEAR:
			self._note(node, "jinja_near", field=name, path=path)
		return Value(path, kind=self.known[path].kind, of=self.known[path].of)

	def _row_field(self, row: Value, name: str) -> Value:
		fields = {one.name: one for one in row.of.fields} if row.of else {}
		own = jinja_fields.ROWS.get(row.of.name, {}).get(name, "") if row.of else ""
		if own in fields:
			return Value(f"{self._kept(row)}.{own}", kind=fields[own].kind, of=fields[own].of)
		if name.startswith("custom_") and "custom" in fields:
			return Value(f"{self._kept(row)}.custom.{name}")
		raise Unknown(name)

	def _value_condexpr(self, node: nodes.CondExpr) -> Value:
		self.made += 1
		name = f"value_{self.made}"
		self.before.append(self._set(name, node))
		return self.names.pop(name)

	def _value_or(self, node: nodes.Or) -> Value:
		left = self.value(node.left)
		return left.then(f"default: {self._primary(node.right)}", left.kind)

	def _value_compare(self, node: nodes.Expr) -> Value:
		return Value(self._flag(self._test(node)), kind=drops.FLAG)

	_value_not = _value_test = _value_compare

	def _value_concat(self, node: nodes.Concat) -> Value:
		result = self.value(node.nodes[0])
		for part in node.nodes[1:]:
			result = result.then(f"append: {self._primary(part)}", drops.TEXT)
		return result

	def _value_add(self, node: nodes.Add) -> Value:
		left, right = self.value(node.left), self.value(node.right)
		name = "append" if drops.TEXT in (left.kind, right.kind) else "plus"
		return left.then(f"{name}: {self._kept(right)}", drops.TEXT if name == "append" else left.kind)

	def _value_sub(self, node: nodes.Sub) -> Value:
		return self._arithmetic(node, "minus")

	def _value_mul(self, node: nodes.Mul) -> Value:
		return self._arithmetic(node, "times")

	def _value_div(self, node: nodes.Div) -> Value:
		left = self._arithmetic(node, "divided_by")
		whole = isinstance(node.left, nodes.Const) and isinstance(node.right, nodes.Const)
		return replace(left, filters=("times: 1.0", *left.filters)) if whole else left

	def _value_floordiv(self, node: nodes.FloorDiv) -> Value:
		return self._arithmetic(node, "divided_by").then("floor", drops.NUMBER)

	def _value_mod(self, node: nodes.Mod) -> Value:
		if self.value(node.left).kind == drops.TEXT:
			raise Unknown("%")
		return self._arithmetic(node, "modulo")

	def _arithmetic(self, node: nodes.BinExpr, name: str) -> Value:
		left = self.value(node.left)
		return left.then(f"{name}: {self._primary(node.right)}", left.kind or drops.NUMBER)

	def _value_neg(self, node: nodes.Neg) -> Value:
		value = self.value(node.node)
		if isinstance(node.node, nodes.Const):
			return replace(value, head=f"-{value.head}")
		return value.then("times: -1", value.kind)

	# Filters and calls

	def _value_filter(self, node: nodes.Filter) -> Value:
		if node.node is None:
			raise Unknown("filter")
		value = self.value(node.node)
		if node.name == "safe":
			self._note(node, "jinja_unescaped", text=unparsed(node.node)[:200])
		if node.name in _DROPPED:
			return value
		if node.name not in _FILTERS:
			raise Unknown(node.name)
		return self._filtered(value, _FILTERS[node.name], node)

	def _filtered(self, value: Value, name: str, node: nodes.Filter) -> Value:
		attribute = next((one.value for one in node.kwargs if one.key == "attribute"), None)
		if attribute is not None:
			return value.then(f"{name}: {_quoted(self._attribute(value, attribute))}")
		arguments = [self._primary(one) for one in node.args]
		if node.kwargs or (name == "default" and not arguments):
			raise Unknown(name)
		if name == "join" and not arguments:
			arguments = ["''"]  # Liquid's own is a blank
		if name == "default":
			arguments = arguments[:1]
		text = f"{name}: {', '.join(arguments)}" if arguments else name
		if name in ("first", "last", "reverse"):
			kind = value.kind if name == "reverse" else drops.OBJECT
			return replace(value.then(text, kind), of=value.of)
		return value.then(
			text, drops.NUMBER if name in _NUMERIC and value.kind != drops.MONEY else value.kind
		)

	def _attribute(self, value: Value, attribute: nodes.Expr) -> str:
		if not isinstance(attribute, nodes.Const) or not value.of:
			raise Unknown("attribute")
		return self._row_field(Value("row", of=value.of), str(attribute.value)).head.removeprefix("row.")

	def _value_call(self, node: nodes.Call) -> Value:
		name = unparsed(node.node).removeprefix("frappe.utils.").removeprefix("frappe.")
		if special := getattr(self, f"_call_{name.strip('_') or 'translate'}", None):
			return special(node)  # type: ignore[no-any-return]
		if isinstance(node.node, nodes.Getattr):
			return self._method(node, node.node)
		raise Unknown(name)

	def _call_translate(self, node: nodes.Call) -> Value:
		return self.value(node.args[0]).then("t", drops.TEXT)

	def _call_fmt_money(self, node: nodes.Call) -> Value:
		currency = next((one.value for one in node.kwargs if one.key == "currency"), None)
		value = self.value(node.args[0])
		if currency is None or unparsed(currency) == "doc.currency":
			return value.then(
				"money" if value.kind == drops.MONEY else f"money: {self.main}.currency", drops.TEXT
			)
		return value.then(f"money: {self._primary(currency)}", drops.TEXT)

	def _call_format_date(self, node: nodes.Call) -> Value:
		value = self.value(node.args[0]) if node.args else Value("today", kind=drops.DATE)
		given = [*node.args[1:], *(one.value for one in node.kwargs)]
		if not given:
			return value.then("date", drops.TEXT)
		if not isinstance(given[0], nodes.Const):
			raise Unknown("format_date")
		pattern = str(given[0].value)
		for cldr, letter in _PATTERNS:
			pattern = re.sub(rf"(?<![%\w]){cldr}(?!\w)", letter, pattern)
		if re.search(r"(?<!%)[A-Za-z]", pattern):
			raise Unknown("format_date")
		return value.then(f"date: {_quoted(pattern)}", drops.TEXT)

	_call_formatdate = _call_format_date

	def _call_format(self, node: nodes.Call) -> Value:
		value = self.value(node.args[0])
		kind = re.search(r"'fieldtype': '(\w+)'", unparsed(node.args[1])) if len(node.args) > 1 else None
		shown = _FIELDTYPES.get(kind[1], "") if kind else _SHOWN.get(value.kind, "")
		if shown == "money" and value.kind != drops.MONEY:
			shown = f"money: {self.main}.currency"
		return value.then(shown, drops.TEXT) if shown else value

	_call_format_value = _call_format

	def _call_flt(self, node: nodes.Call) -> Value:
		digits = f"round: {self._primary(node.args[1])}" if len(node.args) > 1 else "plus: 0"
		return self.value(node.args[0]).then(digits, drops.NUMBER)

	def _call_cint(self, node: nodes.Call) -> Value:
		return self.value(node.args[0]).then("floor", drops.NUMBER)

	def _call_today(self, _node: nodes.Call) -> Value:
		return Value("today", kind=drops.DATE)

	_call_nowdate = _call_getdate = _call_today

	def _call_range(self, node: nodes.Call) -> Value:
		bounds = [one.value for one in node.args if isinstance(one, nodes.Const)]
		if not 1 <= len(bounds) == len(node.args) <= 2 or not all(isinstance(one, int) for one in bounds):
			raise Unknown("range")
		first, last = (0, bounds[0]) if len(bounds) == 1 else bounds
		return Value(f"({first}..{last - 1})")

	def _method(self, node: nodes.Call, called: nodes.Getattr) -> Value:
		if called.attr in ("get_formatted", "get"):
			return self._got(node, called)
		if called.attr == "join" and isinstance(called.node, nodes.Const):
			return self.value(node.args[0]).then(f"join: {_quoted(str(called.node.value))}", drops.TEXT)
		value = self.value(called.node)
		if called.attr == "format":
			for index, argument in enumerate(node.args):
				value = value.then(f"replace: '{{{index}}}', {self._primary(argument)}", drops.TEXT)
			return value
		if called.attr not in _METHODS or node.kwargs:
			raise Unknown(called.attr)
		arguments = ", ".join(self._primary(one) for one in node.args)
		kind = drops.TEXT if called.attr != "split" else ""
		return value.then(
			f"{_METHODS[called.attr]}: {arguments}" if arguments else _METHODS[called.attr], kind
		)

	def _got(self, node: nodes.Call, called: nodes.Getattr) -> Value:
		if not node.args or not isinstance(node.args[0], nodes.Const):
			raise Unknown(called.attr)
		value = self._member(node, called.node, str(node.args[0].value))
		if called.attr == "get_formatted":
			shown = _SHOWN.get(value.kind)
			return value.then(shown, drops.TEXT) if shown else value
		if len(node.args) > 1:
			return value.then(f"default: {self._primary(node.args[1])}", value.kind)
		return value
