"""Which program speaks for an instance. It knows where espeak-ng is looked for; the rest is `cti.render.speech`."""

from __future__ import annotations

from ..config import Config
from ..pbx.find import Installation, find_asterisk, find_tool, tool_in
from ..render.speech import Speech, speech_of


def speech_for(config: Config, installation: Installation | None = None) -> Speech | None:
    """cti.toml's program, else espeak-ng from PATH or beside the Asterisk in use (looked for when it was not passed),
    else None. Raises ConfigError."""
    tool = None if config.speech else find_tool("espeak-ng")
    if tool is None and not config.speech:
        found = installation or find_asterisk(config)
        tool = tool_in(found.root, "espeak-ng") if found and found.root else None
    return speech_of(config, tool)
