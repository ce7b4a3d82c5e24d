"""Reactions to ERPNext's documents: one module for each DocType, one function for each event."""
