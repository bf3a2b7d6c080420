"""The reports `funnel` and `transfers`, on rows written by hand and on journals, on both databases."""

from __future__ import annotations

from hand_made import ZERO, question, rows

from cti.journal.importer import Importer
from cti.reporting.makers import MAKERS


async def made(hand, name, *period, **said):
    return await MAKERS[name].make(hand.store, question(name, *period, **said))


async def test_the_way_of_each_call_is_read_from_its_segments(hand):
    await hand.call("a", 0, did="400", queue="sales")
    await hand.segment("a", 0, 0, 0.1, kind="menu", detail="main", outcome="invalid", target="7", queue="", agent="")
    await hand.segment("a", 1, 0.1, 0.2, kind="menu", detail="main", outcome="chosen", target="1", queue="", agent="")
    await hand.segment("a", 2, 0.2, 1, kind="wait", outcome="answered", agent="")
    await hand.segment("a", 3, 1, 5)
    await hand.call("b", 10, did="400", outcome="abandoned")
    await hand.segment("b", 0, 10, 10.5, kind="menu", detail="main", outcome="left", queue="", agent="")
    await hand.call("c", 20, did="500", queue="sales")  # the engine told its path, CEL nothing
    await hand.segment("c", 0, 20, 21, kind="menu", detail="night:2", queue="", agent="")
    await hand.segment("c", 1, 21, 22, kind="wait", outcome="answered", agent="")
    await hand.call("out", 30, direction="outbound")
    names = ("path", "callers", "hung_up", "wrong_keys")
    assert [tuple(row[name] for name in names) for row in rows(await made(hand, "funnel"))] == [
        ("number 400", 2, 0, None),
        ("number 400 / menu main", 2, 1, 1),
        ("number 400 / menu main / 1 > queue sales", 1, 0, None),
        ("number 500", 1, 0, None),
        ("number 500 / menu night", 1, 0, 0),
        ("number 500 / menu night / 2 > queue sales", 1, 0, None),
    ]
    assert [row["id"] for row in await MAKERS["funnel"].drill(hand.store, question("funnel"))] == ["a", "b", "c"]
    assert rows(await made(hand, "funnel", 15, 60))[0]["path"] == "number 500"


async def test_what_the_dialplan_told_of_menus_comes_through_import_and_refold(store, day, instant):
    begin = instant(0).timestamp()
    call = f"{int(begin)}.1"
    day.cel(begin, call, call, "CHAN_START", "from-trunk", "PJSIP/itsp-1", "13900000001")
    for second, event, said in ((1, "CTI_MENU", "main"), (3, "CTI_KEY", "main invalid 7"), (5, "CTI_KEY", "main none")):
        day.cel(begin + second, call, call, event, extra='{"extra":"' + said + '"}')
    day.cel(begin + 9, call, call, "CHAN_END")
    day.cel(begin + 9.1, call, call, "LINKEDID_END")
    await Importer(day.files, store).drain()
    since = (instant(-60) - ZERO).total_seconds() / 60
    asked = question("funnel", since, since + 60)
    for _ in range(2):
        number, main = rows(await MAKERS["funnel"].make(store, asked))
        assert (number["callers"], main["place"], main["wrong_keys"], main["hung_up"]) == (1, "menu main", 1, 1)
        await store.refold_all()


async def transfers(hand) -> None:
    """1001 passes a caller of sales on to 1002, who passes them into service; another one hangs up on the way."""
    await hand.call("a", 0, ended=None)
    await hand.segment("a", 0, 0, 1, kind="wait", agent="")
    await hand.segment("a", 1, 1, 3)
    await hand.segment("a", 2, 3, 3, kind="transfer", detail="attended", target="1002")
    await hand.segment("a", 3, 3, 4, agent="1002")
    await hand.segment("a", 4, 4, 4, kind="transfer", detail="blind", target="600", agent="1002")
    await hand.segment("a", 5, 4, 6, kind="wait", queue="service", agent="", outcome="answered")
    await hand.segment("a", 6, 6, 9, queue="service", agent="1003")
    await hand.call("b", 20)
    await hand.segment("b", 0, 20, 24)
    await hand.segment("b", 1, 24, 24, kind="transfer", detail="blind", target="1002")


async def test_each_transfer_knows_where_it_went_and_what_became_of_it(hand):
    await transfers(hand)
    names = ("agent", "passed_to", "transfers", "answered", "lost", "talked_before_seconds", "waited_seconds")
    assert [tuple(row[name] for name in names) for row in rows(await made(hand, "transfers"))] == [
        ("1001", "1002", 2, 1, 1, 180.0, 30.0),
        ("1002", "queue service", 1, 1, 0, 60.0, 120.0),
    ]
    drilled = await MAKERS["transfers"].drill(hand.store, question("transfers"))
    assert [(row["call"], row["how"], row["became"]) for row in drilled] == [
        ("a", "attended", "answered"),
        ("a", "blind", "answered"),
        ("b", "blind", "lost"),
    ]


async def test_only_transfers_of_the_period_the_queue_and_the_agent_are_told(hand):
    await transfers(hand)
    (only,) = rows(await made(hand, "transfers", 3.5, 10))
    assert (only["agent"], only["transfers"]) == ("1002", 1)
    (mine,) = rows(await made(hand, "transfers", agents=("1001",)))
    assert mine["transfers"] == 2
    assert (await made(hand, "transfers", queues=("parts",))).rows == ()
