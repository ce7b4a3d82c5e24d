"""The words for broken rules, by what the rules are about. Functions and not strings: one process serves many languages."""
