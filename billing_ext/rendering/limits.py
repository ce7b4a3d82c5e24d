"""How much a template may use, each limit with its reason. Authors of templates are not administrators."""

SOURCE = 200_000
"""Characters of one template: ten times the longest one shipped."""

CACHED = 50_000
"""Characters of a template whose syntax tree is kept: a tree takes two hundred times as much memory."""

BLANKS = 100
"""Blanks in a row inside a tag: the library's lexer takes the square of it in time."""

NESTING = 60
"""Blocks within blocks: more is a mistake, and a few thousand would end the parser."""

PARTIALS = 30
"""Templates that render each other, one inside the other."""

ITERATIONS = 100_000
"""Turns of all nested loops together: 500 lines with 20 prorations each are 10,000."""

OUTPUT = 5_000_000
"""Bytes of HTML: 500 lines take about half a megabyte."""

NAMESPACE = 2_000_000
"""Bytes of what ``assign`` and ``capture`` hold."""

TEXT = 1_000_000
"""Characters a filter takes or gives, in all the texts of a list together."""

MARKDOWN = 10_000
"""Characters of Markdown: four pages. Brackets that nothing closes take the square of it in time."""

PATTERN = 100
"""Characters of a date's pattern."""

ITEMS = 50_000
"""Members of a list or range a filter takes or gives, with the members of the lists in it."""

QUADRATIC = 2_000
"""Members of a list for ``uniq``, which compares each with each."""

DIGITS = 1000
"""Digits of a number."""

SECONDS = 10.0
"""Time for one document. 500 lines take less than half a second."""
