"""What a benchmark of billing has shown, as tables in Markdown, and whether the goals are reached."""

import benchmark_ways as ways

COLUMNS = {
	"lines": lambda row: row["lines"],
	"way": lambda row: row["way"],
	"hooks": lambda row: row["hooks"],
	"ms": lambda row: figure(row["milliseconds"]),
	"of it Python": lambda row: figure(row["milliseconds_of_python"]),
	"SQL": lambda row: figure(row["statements"]),
	"a minute": lambda row: figure(row["per_minute"]),
	"× Subscription": lambda row: figure(row["ratio"]),
	"a minute, two workers": lambda row: figure(row["per_minute_two_workers"]),
	"× one worker": lambda row: figure(row["two_workers_to_one"]),
	"ledger identical": lambda row: yes(not row["ledger"]),
	"invoice identical": lambda row: yes(not row["invoice"]) if "invoice" in row else "",
}
SERIAL_COLUMNS = {
	"lines": lambda row: row["lines"],
	"way": lambda row: row["way"],
	"hooks": lambda row: row["hooks"],
	"ms of a batch": lambda row: figure(row["serial"]["milliseconds_of_a_batch"]),
	"ms the series is held": lambda row: figure(row["serial"]["milliseconds_series_held"]),
	"share *s*": lambda row: f"{row['serial']['share']:.2f}",
	"workers at most": lambda row: figure(1 / row["serial"]["share"]),
	"a minute at most": lambda row: figure(row["serial"]["per_minute_at_most"]),
}
RATIOS = {ways.EVERY: 10, ways.NONE: 25}
"""How many times as fast as Subscription the bulk lane should be on one core."""
PER_MINUTE = {ways.EVERY: 3_000, ways.NONE: 10_000}
"""Invoices that two workers should make in a minute."""
MOST_GROWTH = 1.2
"""How much an invoice may cost with 50,000 invoices there, against what it costs at the beginning."""


def figure(value):
	"""Three digits that count, and no more."""
	if value >= 100:
		return f"{round(value):,}"
	return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def yes(fact):
	return "yes" if fact else "no"


def show(result):
	print("\n" + about(result) + "\n")
	print(markdown(result["ways"], COLUMNS))
	print("\nWhat of a batch only one worker at a time can do\n")
	print(markdown([row for row in result["ways"] if row["serial"]], SERIAL_COLUMNS))
	if "growth" in result:
		print("\nMilliseconds for one invoice with so many in the tables\n")
		print(markdown(result["growth"], growth_columns(result["growth"])))
	print("\nGoals\n")
	for goal in result["goals"]:
		values = ", ".join(f"{name}: {figure(value)}" for name, value in goal["found"].items())
		print(f"- {goal['goal']}: {'reached' if goal['reached'] else 'NOT reached'} ({values})")
	for row in result["ways"]:
		for difference in {*row["ledger"], *row.get("invoice", ())}:
			print(f"- differs: {row['way']}, lines {row['lines']}: {difference}")


def about(result):
	parts = (*result["machine"].items(), *result["versions"].items(), *result["settings"].items())
	return "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in parts)


def markdown(rows, columns):
	"""A table whose columns are as wide as their widest value."""
	lines = [list(columns), *([str(value(row)) for value in columns.values()] for row in rows)]
	widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
	lines.insert(1, ["-" * width for width in widths])
	return "\n".join(
		"| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |"
		for line in lines
	)


def growth_columns(growth):
	def column(title):
		return lambda row: figure(row["milliseconds"][title])

	return {
		"invoices": lambda row: f"{row['invoices']:,}",
		**{title: column(title) for title in growth[0]["milliseconds"]},
	}


def goals(result):
	"""Each goal, what was found for each number of lines, and whether all of it reaches the goal."""
	found = [
		goal(f"bulk lane, hooks: {hooks}: >= {least} x Subscription", in_bulk(result, hooks, "ratio"), least)
		for hooks, least in RATIOS.items()
	] + [
		goal(
			f"bulk lane, hooks: {hooks}: >= {least:,} invoices a minute, two workers",
			in_bulk(result, hooks, "per_minute_two_workers"),
			least,
		)
		for hooks, least in PER_MINUTE.items()
	]
	if "growth" in result:
		found.append(growth_goal(result["growth"]))
	return found


def in_bulk(result, hooks, column):
	return {
		f"lines {row['lines']}": row[column]
		for row in result["ways"]
		if row["way"] == ways.BULK and row["hooks"] == hooks
	}


def goal(text, found, least):
	return {"goal": text, "found": found, "reached": min(found.values()) >= least}


def growth_goal(growth):
	"""Against the mean of what was measured before and after with few invoices."""
	first, *_between, largest, last = [row["milliseconds"][ways.BULK] for row in growth]
	times = largest / ((first + last) / 2)
	return {
		"goal": f"bulk lane with 50,000 invoices: at most {MOST_GROWTH} times what it costs with few",
		"found": {"times": times},
		"reached": times <= MOST_GROWTH,
	}
