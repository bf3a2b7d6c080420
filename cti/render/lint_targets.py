"""Whether everything that a dialplan jumps to is there: contexts, extensions, priorities, labels.

It knows which applications and options jump and how they write where to; it refuses to know anything that is only
known while a call runs: a target made of variables must at least be able to name one that exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .dial_pattern import takes
from .dialplan_text import Context, DialplanText, Step, Wrong
from .expressions import branches, is_fixed, shape, split

_CONDITIONAL = frozenset({"gotoif", "gosubif", "gotoiftime"})
_NESTED = frozenset({"execif", "exec", "tryexec", "execiftime"})
_ANSWERED = re.compile(r"U\(([^()^]+)")  # Dial: U(context^arguments) runs context,s,1 (app_dial.c: OPT_CALLEE_GOSUB)
_BEFORE = re.compile(r"[bBG]\(([^()]+)")  # b(context^extension^priority(arguments))
_HANDLER = r"CHANNEL\((?:hangup_handler_push|hangup_handler_wipe)\)="
_SET = re.compile(_HANDLER + r"([^()]*)")
_MSET = re.compile(_HANDLER + r"((?:[^(),\\]|\\.)*)")  # among others: its commas are escaped
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)


def wrong_targets(text: DialplanText) -> Iterator[Wrong]:
    """One fault for each jump that cannot arrive."""
    for context, exten, step in text.steps():
        for target in targets(step.app, step.args):
            said = _missing(text, context, exten, target)
            if said:
                yield Wrong(step.line, "target", f"{step.app} to {target}: {said}")
    for context in text.contexts.values():
        for line, name in context.includes:
            if is_fixed(name) and name not in text.contexts:
                yield Wrong(line, "target", f"include => {name}: there is no such context")


def targets(app: str, args: str) -> Iterator[str]:
    """Where a step may jump: `ctx,ext,prio`, `ext,prio` or `prio`."""
    word = app.lower()
    if word in ("goto", "gosub"):
        yield args
    elif word in _CONDITIONAL:
        yield from (branch for branch in branches(args)[1] if branch.strip())
    elif word in _NESTED:
        for branch in branches(args)[1] or [args]:
            if match := _CALL.fullmatch(branch):
                yield from targets(match[1], match[2])
    elif word in ("dial", "retrydial"):
        options = ",".join(split(args)[2:3])
        yield from (f"{option},s,1" for option in _ANSWERED.findall(options))
        yield from (option.replace("^", ",") for option in _BEFORE.findall(options))
    elif word == "set":
        yield from (match[1] for match in _SET.finditer(args))
    elif word == "mset":
        yield from (match[1].replace("\\,", ",") for match in _MSET.finditer(args))


def _missing(text: DialplanText, here: Context, exten: str, target: str) -> str:
    """Why the jump cannot arrive; "" when it can."""
    parts = [part.strip() for part in split(target)]
    if len(parts) > 3 or not all(parts[-1:]):
        return "CONTEXT,EXTENSION,PRIORITY, or the last of these"
    priority = parts[-1].partition("(")[0]
    if len(parts) == 3:
        contexts = _contexts(text, parts[0])
        if not contexts:
            return f"there is no context {parts[0]}"
    else:
        contexts = [here]
    wanted = parts[-2] if len(parts) > 1 else exten
    found = [steps for context in contexts for steps in _steps(text, context, wanted, len(parts) == 1)]
    if not found:
        return f"there is no extension {wanted} in {parts[0] if len(parts) == 3 else here.name}"
    if is_fixed(priority) and not any(_has(steps, priority) for steps in found):
        word = "priority" if priority.isdigit() else "label"
        return f"there is no {word} {priority} at {wanted}"
    return ""


def _contexts(text: DialplanText, name: str) -> list[Context]:
    if is_fixed(name):
        return [text.contexts[name]] if name in text.contexts else []
    form = re.compile(shape(name))
    return [context for known, context in text.contexts.items() if form.fullmatch(known)]


def _steps(
    text: DialplanText, context: Context, wanted: str, itself: bool, seen: frozenset[str] = frozenset()
) -> Iterator[list[Step]]:
    """The steps of every extension that the call may find there, includes too."""
    for exten, steps in context.extens.items():
        if exten == wanted or (not itself and (not is_fixed(wanted) or takes(exten, wanted))):
            yield steps
    for _, name in context.includes:
        if name in text.contexts and name not in seen and not itself:
            yield from _steps(text, text.contexts[name], wanted, itself, seen | {context.name})


def _has(steps: list[Step], priority: str) -> bool:
    return any(priority in (step.label, str(step.priority)) for step in steps)
