"""Reads the rendered dialplan as Asterisk will, and says what would not do what is written.

It knows applications, functions, their modules and how many arguments they take; it refuses to know the site and the
templates. Every fault is at a rendered line; `template_lines` finds the template's.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping

from .asterisk_words import APPLICATIONS, FUNCTIONS
from .dial_pattern import example
from .dialplan_text import DialplanText, Step, Wrong, read_dialplan
from .expressions import branches, functions, is_fixed, split, unbalanced, written
from .lint_targets import wrong_targets

DIALPLAN = "extensions.conf"
# fewest and most arguments; a comma too many is most often one that should have been escaped
ARGUMENTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("answer", "return", "hangup", "musiconhold", "startmusiconhold", "playback"), (0, 2)),
    **dict.fromkeys(("stopmusiconhold", "ringing", "progress", "proceeding"), (0, 0)),
    **dict.fromkeys(("goto", "gosub"), (1, 3)),
    "read": (1, 6),
    "wait": (1, 1),
    "dial": (1, 4),
    "queue": (1, 10),
    "queuelog": (4, 5),
    "voicemail": (1, 2),
    "voicemailmain": (0, 2),
    "mixmonitor": (1, 3),
    "record": (1, 4),
    "background": (1, 4),
    "celgenuserevent": (1, 2),
    "set": (1, 99),
    "mset": (1, 99),
}
_ONE_MORE = {"hangup": 1, "stopmusiconhold": 0, "return": 99}  # a returned value may hold commas
_FINAL = frozenset({"goto", "hangup", "return", "busy", "congestion", "park", "incomplete"})
_SHELL = frozenset({"system", "trysystem", "externalivr", "shell"})
_NESTED = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_LOAD = re.compile(r"^\s*(?:load|require|preload|preload-require)\s*(?:=>?)\s*([a-z0-9_]+)\.so", re.MULTILINE)
_AUTO = re.compile(r"^\s*autoload\s*=\s*(yes|true|1|on)\b", re.MULTILINE)
_CONTEXT = re.compile(r"^\s*context\s*=>?\s*([^;\s]+)")


def lint(files: Mapping[str, str]) -> dict[str, list[Wrong]]:
    """File name -> its faults by line, of every rendered file that the dialplan is in or that names its contexts."""
    text = read_dialplan(files.get(DIALPLAN, ""))
    loaded = _loaded(files.get("modules.conf", "autoload = yes"))
    wrong = [*text.wrong, *wrong_targets(text), *_lint_steps(text, loaded), *_ends(text), *_shared(text)]
    found = {DIALPLAN: sorted(dict.fromkeys(wrong), key=lambda fault: fault.line)}
    for name in ("pjsip.conf", "queues.conf"):
        found[name] = list(_foreign_contexts(files.get(name, ""), text))
    return {name: faults for name, faults in found.items() if faults}


def _loaded(text: str) -> Collection[str] | None:
    """The modules that modules.conf loads; None when it loads whatever is there."""
    return None if _AUTO.search(text) else {"core", *_LOAD.findall(text)}


def _lint_steps(text: DialplanText, loaded: Collection[str] | None) -> Iterator[Wrong]:
    for _, _, step in text.steps():
        if said := unbalanced(step.args):
            yield Wrong(step.line, "expression", f"{step.app}: {said}")
        for app, args in _calls(step.app, step.args):
            yield from _lint_call(step, app, args, loaded)
        for function in {*functions(step.args), *(written(step.args) if step.app.lower() in ("set", "mset") else ())}:
            yield from _known(step, "function", function, FUNCTIONS, loaded)


def _calls(app: str, args: str) -> Iterator[tuple[str, str]]:
    """The application and those that it runs in its turn (ExecIf, Exec …)."""
    yield app, args
    if app.lower() in ("execif", "exec", "tryexec", "execiftime"):
        for branch in branches(args)[1] or [args]:
            if match := _NESTED.fullmatch(branch):
                yield from _calls(match[1], match[2])


def _lint_call(step: Step, app: str, args: str, loaded: Collection[str] | None) -> Iterator[Wrong]:
    yield from _known(step, "application", app, APPLICATIONS, loaded)
    given = split(args) if args else []
    if app.lower() == "mixmonitor" and len(given) > 2:
        yield Wrong(step.line, "shell", "the third argument of MixMonitor is a shell line", "leave it out")
    if app.lower() == "originate" and any(part.strip().lower() in _SHELL for part in given):
        yield Wrong(step.line, "shell", "Originate to an application that runs a shell", "leave it out")
    fewest, most = ARGUMENTS.get(app.lower(), (0, 99))
    most = _ONE_MORE.get(app.lower(), most)
    if len(given) > most:
        text = f"{app} takes {most or 'no'} argument{'s' if most != 1 else ''}, not {len(given)}"
        yield Wrong(step.line, "arguments", text, "a comma that belongs to a value is written \\,")
    elif len([part for part in given if part.strip()]) < min(fewest, 1) or len(given) < fewest:
        yield Wrong(step.line, "arguments", f"{app} needs {fewest} argument{'s' if fewest != 1 else ''}")


def _known(
    step: Step, what: str, name: str, known: Mapping[str, str], loaded: Collection[str] | None
) -> Iterator[Wrong]:
    if name.lower() in _SHELL:
        hint = "nothing of a caller's may ever come near a shell"
        yield Wrong(step.line, "shell", f"{name} runs a shell: refused", hint)
        return
    if not is_fixed(name):
        return
    module = known.get(name.lower())
    if module is None:
        yield Wrong(step.line, what, f"there is no {what} {name[:40]!r}", _near(name, known))
    elif loaded is not None and module not in loaded:
        yield Wrong(step.line, what, f"{name} is in {module}.so, which is not loaded", "add it to modules.conf.j2")


def _near(name: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, 1, 0.7) if len(name) < 100 else []
    return f"did you mean {near[0]}?" if near else ""


def _ends(text: DialplanText) -> Iterator[Wrong]:
    """An extension whose last step neither jumps nor ends: Asterisk hangs the caller up there."""
    for context in text.contexts.values():
        for exten, steps in context.extens.items():
            last = steps[-1]
            both = last.app.lower() in ("gotoif", "gosubif") and len([b for b in branches(last.args)[1] if b]) == 2
            is_mark = len(steps) == 1 and last.app.lower() == "noop"  # only there to be asked for (DIALPLAN_EXISTS)
            if last.app.lower() not in _FINAL and not both and not is_mark:
                said = f"{exten} in {context.name} ends with {last.app}: the call is cut off there"
                yield Wrong(last.line, "dead-end", said, "end with Goto, Hangup or Return", error=False)


def _shared(text: DialplanText) -> Iterator[Wrong]:
    """Two extensions of one context that take the same number, and neither is plainly the other's exception."""
    for context in text.contexts.values():
        patterns = [exten for exten in context.extens if exten.startswith("_") and _fixed(exten)]
        for one in patterns:
            for other in context.extens:
                again = other in patterns and patterns.index(other) <= patterns.index(one)
                number = "" if again else example(one, other)
                if number and (not other.startswith("_") or _fixed(one) == _fixed(other)):
                    line = max(context.extens[one][0].line, context.extens[other][0].line)
                    said = f"{other} and {one} in {context.name} both take {number}"
                    yield Wrong(line, "overlap", said, "make one of them narrower", error=False)


def _fixed(pattern: str) -> int:
    """How many places of a pattern take one character only; one without any is a catch-all, meant to be excepted."""
    return sum(character in "0123456789*#+" for character in re.sub(r"\[[^\]]*\]", "", pattern))


def _foreign_contexts(text: str, dialplan: DialplanText) -> Iterator[Wrong]:
    """`context =` of another file that names none of the dialplan's."""
    for number, line in enumerate(text.splitlines(), 1):
        match = _CONTEXT.match(line)
        if match and match[1] not in dialplan.contexts:
            yield Wrong(number, "target", f"context = {match[1]}: there is no such context in {DIALPLAN}")
