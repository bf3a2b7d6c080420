"""The pure core: events in, commands out. Standard library only; no clock, no await, no I/O."""
