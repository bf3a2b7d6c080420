"""Which program speaks for an instance. It knows where espeak-ng is looked for; the rest is `cti.render.speech`."""

from __future__ import annotations

from ..config import Config
from ..pbx.find import Installation, find_tool, tool_in
from ..render.speech import Speech, speech_of


def speech_for(config: Config, installation: Installation | None) -> Speech | None:
    """cti.toml's program, else espeak-ng from PATH or beside the Asterisk in use, else None. Raises ConfigError."""
    own = installation.root if installation else None
    return speech_of(config, find_tool("espeak-ng") or (tool_in(own, "espeak-ng") if own else None))
