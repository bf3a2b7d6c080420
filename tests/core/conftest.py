"""The core's tests import their playbook by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
