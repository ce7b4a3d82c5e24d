"""The bulk lane: many submitted Sales Invoices in one transaction, with the rows that ERPNext itself would write."""

from billing_ext.repositories.posting_lanes.lane import BulkLane, Order, SentBack

__all__ = ["BulkLane", "Order", "SentBack"]
