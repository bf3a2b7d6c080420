"""A backlog of journals into rows with every processor: batches in order, and the processes that make them ready.

It wires journals with rows, which know nothing of each other; `app`'s importer, for the lines of the day, stays one
process.
"""

from .batches import CHUNK, Backlog

__all__ = ["CHUNK", "Backlog"]
