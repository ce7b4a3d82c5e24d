"""Task: completing it completes the milestones of contracts that wait for it."""

from billing_ext.core.errors import DomainError
from billing_ext.services import milestones
from billing_ext.services.messages import throw


def on_update(doc, method=None):
	try:
		milestones.task_changed(doc)
	except DomainError as error:
		throw(error)
