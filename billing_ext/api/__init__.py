"""What a browser or another program may call: typed, permission-checked, one call into the services each."""

from billing_ext.api.what_if import preview

__all__ = ["preview"]
