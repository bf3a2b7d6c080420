"""A site with its doors to the outside shut, for the instances that call tests make.

It knows what a site can do to the world: send calls to a provider, register there, send e-mail. It changes nothing
that a caller on a trunk would notice before being sent to the outside.
"""

from __future__ import annotations

from ..site.model import Site, Trunk

CALLERS = "127.0.0.2"  # the first trunk's side of the wire, where a call test's callers are
_NOBODY = "127.0.0.1:9"  # the discard port: no provider answers there


def sealed(site: Site) -> Site:
    """The same site, its trunks on this machine's loopback and its mailboxes without e-mail."""
    first = int(CALLERS.rpartition(".")[2])
    trunks = {
        name: Trunk(name=name, host=_NOBODY, match=(f"127.0.0.{first + number}",))
        for number, name in enumerate(site.trunks or ("call_test",))
    }
    boxes = {name: box.model_copy(update={"email": ""}) for name, box in site.voicemail.items()}
    return site.model_copy(update={"trunks": trunks, "voicemail": boxes})
