"""An Asterisk to run: find or fetch one, start it, stop it, ask how it is."""

from .fetch import fetch
from .find import Installation, Tool, find_asterisk, find_tool
from .folders import Dirs, dirs_of, make_folders
from .process import PbxStatus, command, console, find_pid, start, status, stop

__all__ = [
    "Dirs",
    "Installation",
    "PbxStatus",
    "Tool",
    "command",
    "console",
    "dirs_of",
    "fetch",
    "find_asterisk",
    "find_pid",
    "find_tool",
    "make_folders",
    "start",
    "status",
    "stop",
]
