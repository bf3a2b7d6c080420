"""Simulated phones on real SIPp, for the demo, call tests, end-to-end tests and benchmarks."""

from ..errors import PhoneError
from .calls import Call, CallResult
from .load import LoadResult, LoadRun, LoggedTime, read_times
from .phones import Phones
from .process import SippProcess, Tool
from .scenario import Behaviour, Customer, Load
from .sound import ALAW, ULAW, dominant_frequency, loudness, power, read_stereo_raw, tone, write_wav
from .timeline import PhoneEvent

__all__ = [
    "ALAW",
    "ULAW",
    "Behaviour",
    "Call",
    "CallResult",
    "Customer",
    "Load",
    "LoadResult",
    "LoadRun",
    "LoggedTime",
    "PhoneError",
    "PhoneEvent",
    "Phones",
    "SippProcess",
    "Tool",
    "dominant_frequency",
    "loudness",
    "power",
    "read_stereo_raw",
    "read_times",
    "tone",
    "write_wav",
]
