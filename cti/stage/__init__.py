"""An instance on stage: a real one, started as a stranger would start it, with simulated phones around it.

A room of its own because the demo, the end-to-end tests and the benchmarks all need the same thing, and the house had
no place for it. It knows the command line, the API and the phones; nothing of how calls are decided.
"""

from .instance import Stage
from .watcher import Seen, Watcher

__all__ = ["Seen", "Stage", "Watcher"]
