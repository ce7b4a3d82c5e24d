"""The user of this session."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe.permissions import get_user_permissions


def is_limited_to_some(field: str) -> bool:
	"""Do User Permissions let the user see only some companies, or only some customers?"""
	return field.title() in get_user_permissions(frappe.session.user)


def has_role(roles: Iterable[str]) -> bool:
	"""Has the user one of ``roles``?"""
	return not set(roles).isdisjoint(frappe.get_roles())


def forget_messages() -> None:
	"""Drop what ERPNext would show a user; in a job nobody reads it, and it would only pile up."""
	frappe.clear_messages()


def act_as(user: str) -> None:
	"""Go on as ``user``: Frappe repeats a failed job as Administrator, whom frozen books bar."""
	if frappe.session.user != user:
		frappe.set_user(user)
