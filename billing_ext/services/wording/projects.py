"""The words for rules of milestones, hours and expenses."""

from __future__ import annotations

from collections.abc import Callable

from frappe import _

WORDS: dict[str, Callable[[], tuple[str, str]]] = {
	"milestone_line": lambda: (
		_("Milestone {row} names line {line}, which is not billed by milestones."),
		_("Choose Milestones as the line's Type, or enter another number under Line."),
	),
	"milestone_missing": lambda: (
		_("Line {line} is billed by milestones, and there are none."),
		_("Add its milestones under Milestones, with the line's number under Line."),
	),
	"milestone_share": lambda: (
		_("Milestone {row}, {title}, needs either a share or an amount."),
		_("Fill in Share or Amount, and leave the other at zero."),
	),
	"milestone_sum": lambda: (
		_("The milestones of line {line} differ from the whole of it by {missing}."),
		_("Shares must add up to 100 %, amounts to the line's price times quantity, less discount."),
	),
	"milestone_task": lambda: (
		_("Milestone {row}: the task {task} does not belong to the project {project}."),
		_("Choose one of the project's tasks, or another Project on the contract."),
	),
	"milestone_unknown": lambda: (
		_("The contract {contract} has no milestone {milestone}."),
		_("Load the contract again and choose one of its milestones."),
	),
	"milestone_future": lambda: (
		_("The milestone {title} cannot be completed on {date}: that day is still to come."),
		_("Enter today or an earlier day under Completed on."),
	),
	"milestone_done": lambda: (
		_("The milestone {title} was completed on {date}."),
		_("To change the day, reopen it first."),
	),
	"milestone_open": lambda: (
		_("The milestone {title} is not completed."),
		_("There is nothing to reopen."),
	),
	"time_project": lambda: (
		_("The contract bills hours or expenses, but it has no project."),
		_("Choose the Project whose work it bills."),
	),
	"expense_currency": lambda: (
		_("The contract bills expenses, which are in the company's currency, but it is in {currency}."),
		_("Empty Item for Expenses, or make a contract in the company's currency for them."),
	),
	"time_rates": lambda: (
		_("The contract bills timesheets, but it has no rates."),
		_("Add a row under Rates; one without Activity Type holds for all activities."),
	),
	"time_rate_twice": lambda: (
		_("Rates, row {row}: the activity type {activity} has a rate already."),
		_("Delete one of the two rows."),
	),
	"time_rate_whole": lambda: (
		_("Rates, row {row}: the item {item} is counted in whole numbers only."),
		_("Choose an item whose unit is Hour, or untick Must be Whole Number in its unit."),
	),
	"time_billed_twice": lambda: (
		_("The hours or expenses of the project {project} are billed by the contract {contract} already."),
		_("Choose another Project, or let one of the contracts bill them only."),
	),
	"time_billed_elsewhere": lambda: (
		_("Row {row}: the hours of {timesheet} are already billed on {invoice}."),
		_("Delete the row from this invoice."),
	),
}
