"""What changed, in the words of site.yaml, and no secret among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.share import shared_folder
from cti.ship.masking import Mask, secrets_in
from cti.ship.words import changes, plain
from cti.site.load import load_site

DEMO = (shared_folder("dialplan") / "site.yaml").read_text(encoding="utf-8")


def site(folder: Path, text: str) -> dict[str, object]:
    (folder / "site.yaml").write_text(text, encoding="utf-8")
    found: dict[str, object] = plain(load_site(folder / "site.yaml"))
    return found


@pytest.mark.parametrize(
    ("there", "instead", "words"),
    [
        ("    ring_seconds: 15 ", "    ring_seconds: 20 ", ["queue sales: ring_seconds 15 → 20"]),
        ('"3": "queue:parts"', '"3": "queue:service"', ["menu main: key 3 → queue:service"]),
        ('"3": "queue:parts"', '"3": "queue:parts"\n      "8": "queue:sales"', ["menu main: key 8 → queue:sales"]),
        ('      "3": "queue:parts"\n', "", ["menu main: key 3 → none"]),
        ('pin: "4711"', 'pin: "4710"', ["mailbox sales: pin changed"]),
        ("{after: 20, need: {sales: 30}}", "{after: 25, need: {sales: 30}}", ["queue sales: steps 2 after 20 → 25"]),
        ('"4008009110":', '"4008009111":', ["number 4008009110: removed", "number 4008009111: new"]),
        ("# ", "## ", []),
    ],
)
def test_a_change_is_told_as_an_admin_would(tmp_path: Path, there: str, instead: str, words: list[str]) -> None:
    assert (
        changes(site(tmp_path, DEMO), site(tmp_path, DEMO.replace(there, instead, 1 if there != "# " else -1))) == words
    )


def test_the_same_secret_has_the_same_number_and_another_one_another() -> None:
    mask = Mask(["4711", "abc"])
    assert (
        mask.hide("voicemail.conf", "[default]\nsales => 4711,sales,x\n") == "[default]\nsales => ‹secret 1›,sales,x\n"
    )
    assert (
        mask.hide("voicemail.conf", "[default]\nsales => 4712,sales,x\n") == "[default]\nsales => ‹secret 2›,sales,x\n"
    )
    assert mask.hide("pjsip.conf", "password = one\\;two ; why\nx = abc\n") == "password = ‹secret 3›; why\nx = abc\n"
    assert (
        mask.hide("extensions.conf", "Authenticate(4711)\nSet(a=14711)\n") == "Authenticate(‹secret 1›)\nSet(a=14711)\n"
    )


def test_every_pin_of_a_site_is_known_to_be_one(tmp_path: Path) -> None:
    assert {"4711", "4712", "4713"} <= set(secrets_in(site(tmp_path, DEMO)))
