"""Templates and values to the text of Asterisk's files.

It knows where templates are and what they are given; it writes nothing and asks nobody. Every `*.conf.j2` of the
two shared folders becomes one `*.conf`; a file of the same name in the instance's own `dialplan/` or
`asterisk_conf/` takes its place; names that begin with `_` hold macros only.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import TemplateNotFound

from ..config import Config
from ..core.flow import MOST_ROUNDS
from ..errors import RenderError
from ..share import shared_folder
from ..site.model import Site
from .filters import FILTERS
from .inputs import Installation, PhoneCard, Placed, layout
from .sealed import sealed
from .template_lines import template_lines
from .trunk_secrets import trunk_secrets

FOLDERS = ("dialplan", "asterisk_conf")
_SUFFIX = ".conf.j2"
_FILE = re.compile(r"[a-z0-9][a-z0-9_.-]*\.conf")


class Renderer:
    """The templates of one instance, compiled when first used and again when they change."""

    def __init__(
        self,
        config: Config,
        installation: Installation,
        *,
        placed: Placed | None = None,
        folders: Sequence[Path] | None = None,
    ) -> None:
        """`placed`: the private Asterisk's folders (default: the layout under var/pbx). `folders`: where templates
        are looked for, the first one wins (default: the instance's own, then ours)."""
        own = [config.home / folder for folder in FOLDERS]
        self.folders = list(folders) if folders is not None else own + [shared_folder(folder) for folder in FOLDERS]
        self._config = config
        self._given = {"config": config, "secrets": config.secrets, "installation": installation}
        self._given["MOST_ROUNDS"] = MOST_ROUNDS
        self._given["dirs"] = layout(config, installation.modules, placed)
        self._environment = _environment(self.folders)

    def names(self) -> list[str]:
        """The files that are rendered, sorted. Raises RenderError when there is no template at all."""
        found = {file.name.removesuffix(".j2") for folder in self.folders for file in folder.glob("*" + _SUFFIX)}
        names = sorted(name for name in found if not name.startswith("_"))
        wrong = next((name for name in names if not _FILE.fullmatch(name)), None)
        if wrong or not names:
            where = ", ".join(map(str, self.folders))
            raise RenderError(f"{wrong!r} is not a file name" if wrong else f"no {_SUFFIX} template in {where}")
        return names

    def render(
        self, site: Site, phones: Sequence[PhoneCard], extra: Mapping[str, object] | None = None
    ) -> dict[str, str]:
        """File name (relative to config.etc) -> text, of every template.

        `extra` are further values for templates. Raises RenderError as `template:line: what` at the first template
        that fails; nothing has been written by then.
        """
        self._refuse_open_phones(phones)
        given = self._all_given(site, phones, extra)
        return {name: self._render_one(name, given) for name in self.names()}

    def try_all(self, site: Site, phones: Sequence[PhoneCard]) -> tuple[dict[str, str], list[RenderError]]:
        """The files that can be rendered, and what is wrong with the others: one error for each."""
        files: dict[str, str] = {}
        errors: list[RenderError] = []
        given = self._all_given(site, phones, errors=errors)
        for name in self.names():
            try:
                files[name] = self._render_one(name, given)
            except RenderError as error:
                errors.append(error)
        return files, errors

    def origin(self, name: str, text: str, site: Site, phones: Sequence[PhoneCard]) -> list[str]:
        """`template:line` of each line of a rendered file; [] when that cannot be said."""
        folders = [str(folder) for folder in self.folders]
        return template_lines(self._environment, folders, name + ".j2", text, self._all_given(site, phones, errors=[]))

    def _all_given(
        self,
        site: Site,
        phones: Sequence[PhoneCard],
        extra: Mapping[str, object] | None = None,
        errors: list[RenderError] | None = None,
    ) -> dict[str, object]:
        """What templates are given; with `errors` a missing password is noted there, and rendering goes on."""
        site = sealed(site) if self._config.call_test else site
        try:
            secrets = trunk_secrets(self._config, site)
        except RenderError as error:
            if errors is None:
                raise
            errors.append(error)
            secrets = dict.fromkeys(site.trunks, "missing")
        given = {**self._given, "trunk_secrets": secrets}
        return given | {"site": site, "schedules": site.schedules, "phones": tuple(phones), **(extra or {})}

    def _refuse_open_phones(self, phones: Sequence[PhoneCard]) -> None:
        """A phone without a password may only exist where nobody from outside can pretend to be it."""
        address = self._config.sip_bind
        open_ones = [phone.endpoint for phone in phones if not phone.secret]
        if open_ones and not address.startswith("127."):
            raise RenderError(
                f"phone {open_ones[0]} has no SIP password, but SIP listens on {address}; "
                "give it one with: cti agent import (column secret)"
            )

    def _render_one(self, name: str, given: Mapping[str, object]) -> str:
        try:
            text = self._environment.get_template(name + ".j2").render(given)
        except TemplateSyntaxError as error:
            raise RenderError(f"{error.filename or error.name}:{error.lineno}: {error.message}") from error
        except TemplateNotFound as error:
            raise RenderError(f"{_where(error, name)}: there is no template {error.name!r}") from error
        except (TemplateError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
            raise RenderError(f"{_where(error, name)}: {_one_line(error)}") from error
        for wrong in ("\0", "\r"):
            if wrong in text:
                raise RenderError(
                    f"{name}:{text[: text.index(wrong)].count(chr(10)) + 1}: holds the character {wrong!a}"
                )
        return text if text.endswith("\n") else text + "\n"


def _environment(folders: Sequence[Path]) -> Environment:
    environment = Environment(  # noqa: S701  # plain text, not HTML: the filters make values safe for Asterisk
        loader=FileSystemLoader([str(folder) for folder in folders]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_refuse_none,
    )
    environment.filters.update(FILTERS)
    return environment


def _refuse_none(value: object) -> object:
    if value is None:
        raise ValueError("None would be printed; ask `is not none` first")
    return value


def _where(error: Exception, name: str) -> str:
    """`template:line` of the innermost template frame: jinja2 rewrites tracebacks to the template's own lines."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else name + ".j2"


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, TemplateError | ValueError) else f"{type(error).__name__}: {text}"
