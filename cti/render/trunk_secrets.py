"""The passwords with which trunks register, from where site.yaml says that they are.

It knows the three places; it refuses to print one into a message. A password that is missing stops the rendering: an
Asterisk that registers with an empty one is locked out by the provider.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from ..config import Config
from ..errors import RenderError
from ..site.model import Secret, Site

_LONGEST = 4096  # bytes of a file


def trunk_secrets(config: Config, site: Site, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Trunk -> password, of those that register. Raises RenderError for a missing, empty or open one."""
    wanted = {name: trunk.registration for name, trunk in site.trunks.items() if trunk.registration is not None}
    return {name: _find(config, name, one.secret, environ) for name, one in wanted.items()}


def _find(config: Config, trunk: str, secret: Secret, environ: Mapping[str, str]) -> str:
    if secret.env:
        found, place = environ.get(secret.env, ""), f"environment variable {secret.env}"
    elif secret.file:
        found, place = _read(trunk, config.home / secret.file), f"file {config.home / secret.file}"
    else:
        found, place = config.secrets.trunks.get(trunk, ""), f"{config.home / 'secrets.toml'}: [trunks] {trunk}"
    if not found:
        raise RenderError(f"trunk {trunk}: there is no password in {place}")
    return found


def _read(trunk: str, file: Path) -> str:
    """Its first line."""
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
                raise RenderError(f"trunk {trunk}: {file} can be read by others; mend it with: chmod 640 {file}")
            return opened.read(_LONGEST).decode().partition("\n")[0].strip()
    except OSError as error:
        raise RenderError(f"trunk {trunk}: {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RenderError(f"trunk {trunk}: {file} is not text") from error
