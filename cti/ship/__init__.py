"""Shipping a change: the transaction around rendered files, its proof on the running Asterisk, and its history.

A room of its own on the outer ring, beside `stage`: it needs `render` (files in place), `pbx` (the console) and `site`
(what changed, in the admin's words), and siblings on the middle ring never import each other; nor is it a command line:
`serve`, `agent import --apply` and `dialplan apply` ship the same way.
"""
