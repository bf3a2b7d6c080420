"""A site as the graph of its calls. It knows both vocabularies; what is done with a graph is `core`'s."""

from __future__ import annotations

from collections.abc import Iterator

from ..core import flow
from . import model
from .asked import Survey


def flow_of(site: model.Site) -> flow.Flow:
    """Every number, menu, queue, mailbox and external of the site, and how they lead to each other."""
    return flow.Flow({node.place: node for node in _nodes(site)})


def _nodes(site: model.Site) -> Iterator[flow.Node]:
    yield from (_door(number, site) for number in site.numbers.values())
    yield from (_menu(menu) for menu in site.menus.values())
    yield from (_input(one) for one in site.inputs.values())
    yield from (_line(queue, site) for queue in site.queues.values())
    yield from (_survey(survey) for survey in site.surveys.values())
    yield from (_box(box) for box in site.voicemail.values())
    yield from (_outside(external) for external in site.externals.values())
    yield flow.End(place=flow.HANGUP)


def _place(target: model.Target) -> flow.Place:
    return flow.Place(target.kind, target.name)


def _gate(site: model.Site, schedule: str, closed: model.Target | None) -> flow.Gate | None:
    if not schedule:
        return None
    reasons = site.schedules[schedule].reasons.values()
    ways = {one.name: flow.Reason(one.prompt, flow.Place(*one.to) if one.to else None) for one in reasons}
    return flow.Gate(schedule, _place(closed or model.HANGUP), ways)


def _door(number: model.Number, site: model.Site) -> flow.Door:
    return flow.Door(
        place=flow.Place("did", number.did),
        to=_place(number.to),
        language=number.language,
        gate=_gate(site, number.schedule, number.closed),
    )


def _menu(menu: model.Menu) -> flow.Menu:
    return flow.Menu(
        place=flow.Place("menu", menu.name),
        prompt=menu.prompt,
        choices={key: _choice(choice) for key, choice in menu.keys.items()},
        invalid=_tries(menu.invalid),
        timeout=_tries(menu.timeout),
        direct=menu.direct_dial,
    )


def _input(one: model.Input) -> flow.Input:
    return flow.Input(
        place=flow.Place("input", one.name),
        prompt=one.prompt,
        to=_place(one.to),
        invalid=_tries(one.invalid),
        timeout=_tries(one.timeout),
        least=one.least,
        most=one.most,
        terminator=one.terminator,
        confirm=one.confirm,
        masked=one.masked,
        unknown=flow.Unknown(_tries(one.not_found), _place(one.error)) if one.not_found and one.error else None,
    )


def _choice(choice: model.Choice) -> flow.Choice:
    return flow.Choice(_place(choice.to) if choice.to else None, choice.language)


def _tries(tries: model.Tries) -> flow.Tries:
    return flow.Tries(_place(tries.to), tries.retries, tries.prompt)


def _survey(survey: Survey) -> flow.Survey:
    asked = survey.questions.values()
    keys = ("".join(str(key) for key in range(one.least, one.most + 1)) for one in asked)
    return flow.Survey(
        place=flow.Place("survey", survey.name),
        questions=tuple(flow.Question(one.prompt, some, one.tries) for one, some in zip(asked, keys, strict=True)),
        thanks=survey.thanks,
    )


def _line(queue: model.Queue, site: model.Site) -> flow.Line:
    survey = site.surveys.get(queue.survey)
    return flow.Line(
        place=flow.Place("queue", queue.name),
        leaves=dict(_leaves(queue)),
        gate=_gate(site, queue.schedule, queue.closed),
        greeting=queue.greeting,
        exit_key=queue.exit_key.key if queue.exit_key else "",
        comfort=queue.announce.comfort if queue.announce else (),
        survey=flow.Place("survey", survey.name) if survey else None,
        notice=survey.notice if survey else "",
        decline_key=survey.decline_key if survey else "",
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


def _box(box: model.Voicemail) -> flow.Box:
    return flow.Box(place=flow.Place("voicemail", box.name), greeting=box.greeting, busy_greeting=box.busy_greeting)


def _outside(external: model.External) -> flow.Outside:
    return flow.Outside(place=flow.Place("external", external.name), otherwise=_place(external.otherwise))
