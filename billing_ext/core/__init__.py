"""The decisions: pure Python on the standard library, Decimal and dates, no clock, no database."""
