"""A local stand-in for Tripletex: what a client of its API meets, as far as it is known.

It proves the logic of a client, not Tripletex. Where the real behaviour is not evidenced, the code says ASSUMED,
and `assumptions.ASSUMPTIONS` lists what to try in a sandbox.
"""

from .app import Recorded, Simulator
from .assumptions import ASSUMPTIONS
from .faults import KINDS as FAULT_KINDS

__all__ = ["ASSUMPTIONS", "FAULT_KINDS", "Recorded", "Simulator"]
