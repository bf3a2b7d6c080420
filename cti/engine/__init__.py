"""The binding of core and edges: one task, one inbox; event -> core -> commands -> edges.

It knows which edge performs which command. It decides nothing (that is `cti.core`) and spells no wire word.
"""
