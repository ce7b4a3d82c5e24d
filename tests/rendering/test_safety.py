"""Templates that try to take the server's time, memory or secrets, or to get past the escaping.

Each file of ``hostile/`` says in its first line what it tries, and how it must end: harmless, or with an error's code.
It runs in a process of its own with little memory, as a template does that one of many tenants' employees wrote.
"""

import os
import pickle
import re
import resource
import sys
import time
from pathlib import Path

import pytest
from liquid_samples import NORWEGIAN, document

from billing_ext.rendering import limits
from billing_ext.rendering.errors import TemplateError
from billing_ext.rendering.renderer import Renderer

HOSTILE = sorted((Path(__file__).parent / "hostile").glob("*.liquid"))
FIRST_LINE = re.compile(r"\{% comment %\}([\w|]+): ")
PYTHON = re.compile(r"<class|object at 0x|datetime\.|Decimal\(|Traceback|root:")
ACTIVE = re.compile(r"<\s*(script|img)|<\w[^>]*\son\w+\s*=|href=.?(javascript|vbscript|data:)", re.IGNORECASE)
ATTACK = '<script>alert("x")</script><img src=x onerror=alert(1)>&lt;b&gt;'
MEGABYTES = 200
SECONDS = 1.5
"""The limit in these tests: those that never end take as long as it is."""

PARTIALS = {
	"self_render": "{% render 'self_render' %}",
	"self_include": "{% include 'self_include' %}",
	"ping": "{% render 'pong' %}",
	"pong": "{% render 'ping' %}",
	"self_extends": "{% extends 'self_extends' %}",
	"circle_a": "{% extends 'circle_b' %}",
	"circle_b": "{% extends 'circle_a' %}",
	"reversing": "{% for i in r reversed limit: 3 %}{{ i }}{% endfor %}",
	"fan": "{% if deep < 20 %}{% assign d = deep | plus: 1 %}{% for x in xs %}{% render 'fan', xs: xs, deep: d %}"
	"{% endfor %}{% endif %}",
	"deep": "{% if true %}" * 3000 + "{% endif %}" * 3000,
	"show": "{{ x }}",
	"including": "{% include 'show', x: 1 %}",
	"required": "{% block a required %}{% endblock %}",
	"base": "{% block a %}x{% endblock %}",
}


def partial(name):
	if twice := re.fullmatch(r"p(\d+)", name):
		following = int(twice[1]) + 1
		return f"{{% render 'p{following}' %}}" * 2 if following < 26 else "x"
	return PARTIALS.get(name)


def hostile_document():
	values = document()
	values["customer"].update(name=ATTACK, custom={"custom_x": ATTACK})
	for line in values["lines"]:
		line["name"] = ATTACK
	for point in values["usage"][0]["points"]:
		point["label"] = ATTACK
	return values


def ended(source):
	"""How rendering ended: (code or harmless, output)."""
	try:
		return "harmless", Renderer(partial).render(source, "main", hostile_document(), NORWEGIAN)
	except TemplateError as error:
		return error.code, repr(error.context) + error.source_line


def in_a_small_process(work, *args):
	"""What ``work(*args)`` returns, with the seconds and the megabytes that it took in a process of its own."""
	reading, writing = os.pipe()
	if not (child := os.fork()):
		answer = None
		try:
			limits.SECONDS = SECONDS
			before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
			size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
			resource.setrlimit(resource.RLIMIT_AS, (size + 400 * 2**20,) * 2)
			start = time.monotonic()
			result = work(*args)
			seconds = time.monotonic() - start
			answer = (result, seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
		except BaseException as error:  # noqa: BLE001 - the parent is to know
			answer = (("crash", repr(error)[:500]), 0, 0)
		finally:
			with os.fdopen(writing, "wb") as out:
				pickle.dump(answer, out)
			os._exit(0)
	os.close(writing)
	with os.fdopen(reading, "rb") as given:
		answer = pickle.loads(given.read())  # noqa: S301 - from our own child
	os.waitpid(child, 0)
	return answer


@pytest.mark.skipif(sys.platform != "linux", reason="measures in /proc")
@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_hostile_template(path):
	source = path.read_text()
	# Two endings where it depends on how deep this Python recurses.
	expected = FIRST_LINE.match(source)[1].split("|")
	(ending, output), seconds, megabytes = in_a_small_process(ended, source)
	assert ending in expected, output[:300]
	assert seconds < SECONDS + 1
	assert megabytes < MEGABYTES
	assert not PYTHON.search(output)
	assert ending != "harmless" or not ACTIVE.search(output)


# What is too long for a file: texts over which the library's patterns would take forever.
SOURCES = {
	"blanks before a closing that is none": "{{ a" + " " * 150_000 + "b }}",
	"blanks in a tag": "{% if" + " " * 150_000 + "a %}{% endif %}",
	"blanks in a tag without end": "{%" + " " * 3_000,
	"blanks in an output without end": "{{" + " " * 150_000,
	"line ends in an output": "{{ a" + "\n" * 150_000 + "b }}",
	"blanks in a liquid tag": "{% liquid\n" + (" " * 150_000) + "echo 1\n%}",
	"openings of outputs": "{{" * 90_000,
	"openings of tags": "{%" * 90_000,
	"raw without end in a comment": "{% comment %}" + "{% raw %}" * 20_000 + "{% endcomment %}",
	"blanks in raw": "{%" + " " * 150_000 + "raw %}x{% endraw %}",
	"braces": "{" * 190_000,
	"quotes": "{{ '" + '"' * 150_000 + " }}",
	"digits": "{{ " + "1" * 150_000 + " }}",
	"dots": "{{ a" + ".a" * 70_000 + " }}",
	"minus": "{{ " + "-" * 150_000 + "1 }}",
	"pipes": "{{ a " + "| upcase " * 20_000 + "}}",
	"elsifs": "{% if false %}" + "{% elsif false %}" * 10_000 + "{% endif %}",
	"whens": "{% case 1 %}" + "{% when 2 %}" * 10_000 + "{% endcase %}",
	"outputs": "{{ a }}" * 25_000,
	"too long": "x" * 200_001,
	"arguments": "{{ 'a' | t: " + ", ".join(f"a{i}: {i}" for i in range(12_000)) + " }}",
	"ands": "{% if a" + " and a" * 30_000 + " %}{% endif %}",
	"parentheses": "{{ " + "(" * 100_000 + " }}",
	"nul and surrogates": "\x00\x01{{ '\x00' }}\ud800".encode("utf-16", "surrogatepass").decode(
		"utf-16", "replace"
	),
}


@pytest.mark.parametrize("name", SOURCES)
def test_hostile_source(name):
	(ending, _), seconds, megabytes = in_a_small_process(ended, SOURCES[name])
	assert ending == "harmless" or ending.startswith("liquid_")
	assert (seconds < SECONDS + 1, megabytes < MEGABYTES) == (True, True), (ending, seconds, megabytes)


def test_every_hostile_template_says_what_it_tries():
	assert len(HOSTILE) > 150
	assert [path.name for path in HOSTILE if not FIRST_LINE.match(path.read_text())] == []
