"""A site as the graph of its calls. It knows both vocabularies; what is done with a graph is `core`'s."""

from __future__ import annotations

from collections.abc import Iterator

from ..core import flow
from . import model


def flow_of(site: model.Site) -> flow.Flow:
    """Every number, menu, queue, mailbox and external of the site, and how they lead to each other."""
    return flow.Flow({node.place: node for node in _nodes(site)})


def _nodes(site: model.Site) -> Iterator[flow.Node]:
    yield from (_door(number) for number in site.numbers.values())
    yield from (_menu(menu) for menu in site.menus.values())
    yield from (_line(queue) for queue in site.queues.values())
    yield from (flow.End(place=flow.Place("voicemail", name)) for name in site.voicemail)
    for name, external in site.externals.items():
        yield flow.End(place=flow.Place("external", name), otherwise=_place(external.otherwise))
    yield flow.End(place=flow.HANGUP)


def _place(target: model.Target) -> flow.Place:
    return flow.Place(target.kind, target.name)


def _gate(schedule: str, closed: model.Target | None) -> flow.Gate | None:
    return flow.Gate(schedule, _place(closed or model.HANGUP)) if schedule else None


def _door(number: model.Number) -> flow.Door:
    return flow.Door(
        place=flow.Place("did", number.did),
        to=_place(number.to),
        language=number.language,
        gate=_gate(number.schedule, number.closed),
    )


def _menu(menu: model.Menu) -> flow.Menu:
    return flow.Menu(
        place=flow.Place("menu", menu.name),
        prompt=menu.prompt,
        choices={key: _choice(choice) for key, choice in menu.keys.items()},
        invalid=_tries(menu.invalid),
        timeout=_tries(menu.timeout),
    )


def _choice(choice: model.Choice) -> flow.Choice:
    return flow.Choice(_place(choice.to) if choice.to else None, choice.language)


def _tries(tries: model.Tries) -> flow.Tries:
    return flow.Tries(_place(tries.to), tries.retries, tries.prompt)


def _line(queue: model.Queue) -> flow.Line:
    return flow.Line(
        place=flow.Place("queue", queue.name),
        leaves=dict(_leaves(queue)),
        gate=_gate(queue.schedule, queue.closed),
        greeting=queue.greeting,
        exit_key=queue.exit_key.key if queue.exit_key else "",
        comfort=queue.announce.comfort if queue.announce else (),
    )


def _leaves(queue: model.Queue) -> Iterator[tuple[str, flow.Place]]:
    """Only what can happen: a queue without a limit refuses nobody. Anybody may close a queue by hand."""
    if queue.max_wait_seconds:
        yield "timeout", _place(queue.overflow)
    if queue.max_length:
        yield "full", _place(queue.full or queue.overflow)
    if queue.max_ratio:
        yield "overflow", _place(queue.busy_ratio or queue.overflow)
    yield "closed", _place(queue.closed or queue.overflow)
    if queue.exit_key:
        yield "exit_key", _place(queue.exit_key.to)
