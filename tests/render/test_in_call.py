"""Who may pass a call on by keys, pick up, park: agents' phones, and never a caller's."""

from __future__ import annotations

import re

import pytest

from cti.config import Config
from cti.render.inputs import Installation, PhoneCard
from cti.render.render import Renderer
from cti.site.in_call import CallKeys, Transfers
from cti.site.model import FeatureCodes, Site


@pytest.fixture
def files(config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]) -> dict[str, str]:
    return Renderer(config, installation).render(demo, phones)


def without(demo: Site) -> Site:
    codes = FeatureCodes(pickup="")
    return demo.model_copy(
        update={
            "call_keys": CallKeys(),
            "parking": None,
            "feature_codes": codes,
            "transfers": Transfers(return_seconds=0),
        }
    )


def dials(text: str) -> list[str]:
    return re.findall(r"Dial\((.*)\)$", text, re.MULTILINE)


def test_keys_are_heard_from_the_agents_side_only(files: dict[str, str]) -> None:
    text = files["extensions.conf"]
    context = ""
    for line in text.splitlines():
        context = line if line.startswith("[") else context
        options = re.search(r"Dial\([^,]*,[^,]*,(.*)\)$", line)
        if options is None:
            continue
        bare = re.sub(r"\w\([^)]*\)+|\$\{CTI_(KEYS|FAR|AFTER)\}", "", options[1])
        assert not set("TK") & set(bare), line  # the dialling side's keys count only for an agent who dials (CTI_KEYS)
    assert text.count("CTI_KEYS=") == 1
    assert "CTI_KEYS=TK" in text.partition("[from-agent]")[2].partition("[cti-feature]")[0]


def test_no_provider_may_send_a_call_elsewhere(files: dict[str, str]) -> None:
    out = [dial for dial in dials(files["extensions.conf"]) if "@itsp" in dial]
    assert out
    for dial in out:
        assert re.search(r"@itsp,[^,]*,i", dial), dial


def test_without_the_options_nothing_of_it_is_there(
    config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]
) -> None:
    files = Renderer(config, installation).render(without(demo), phones)
    text = files["extensions.conf"]
    for word in ("PickupChan", "Pickup()", "ParkedCall", "Park(", "cti-return", "CTI_KEYS", "CTI_PICKED"):
        assert word not in text, word
    assert not any(re.search(r",\d+,t?k", dial) for dial in dials(text))
    assert "call_group" not in files["pjsip.conf"]
    assert "atxferthreeway" not in files["features.conf"]


def test_a_key_that_is_not_offered_does_nothing(
    config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]
) -> None:
    """Asterisk's own keys (# and *) would act on what an agent presses for a bank's menu."""
    text = Renderer(config, installation).render(without(demo), phones)["features.conf"]
    for name in ("blindxfer", "atxfer", "parkcall", "disconnect", "automixmon"):
        assert re.search(rf"^{name} = *$", text, re.MULTILINE), name


@pytest.mark.parametrize(
    ("otherwise", "last"),
    [
        ("queue", '"${CTI_QUEUE}" = ""]?over)'),
        ("mailbox", '"${CTI_QUEUE}" = "" | "${CTI_RETURN}" != ""]?over)'),
        ("hangup", '"${CTI_QUEUE}" = "" | "${CTI_RETURN}" != ""]?over)'),
    ],
)
def test_a_caller_passed_on_in_vain_goes_where_the_site_says(
    config: Config, installation: Installation, demo: Site, phones: list[PhoneCard], otherwise: str, last: str
) -> None:
    """Every way out of cti-dial asks first whether the caller comes back to a phone."""
    transfers = Transfers.model_validate({"return_seconds": 12, "otherwise": otherwise})
    text = Renderer(config, installation).render(demo.model_copy(update={"transfers": transfers}), phones)[
        "extensions.conf"
    ]
    dialled = text.partition("[cti-dial]")[2].partition("\n[")[0]
    assert dialled.count("]?cti-return,${CTI_RETURN},1)") == dialled.count("Dial(") + 1
    assert dialled.count(":12)},") == dialled.count("Dial(")
    back = text.partition("[cti-return]")[2].partition("\n[")[0]
    assert f"exten => s,1,GotoIf($[{last}" in back
    assert ("exten => box_1001,1,Goto(cti-voicemail-agent-1001,s,1)" in back) == (otherwise != "hangup")
