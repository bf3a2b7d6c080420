"""The one place that wires everything, in two processes: `engine` decides calls, `importer` makes rows of journals.

The supervisor runs them as `python -m cti.app engine|importer HOME FD`; FD is the pipe for heartbeats. Each imports
what it uses itself and nothing of the other: callers wait in the native queue while an engine starts.
"""
