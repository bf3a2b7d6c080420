"""`python -m cti` is `cti`."""

from .cli import main

main(prog_name="cti")
