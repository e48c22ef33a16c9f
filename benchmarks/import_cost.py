"""What `import convsim` costs in CPU seconds, each time in a fresh process: best and median of ten.

python benchmarks/import_cost.py
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median

IMPORTS = (
    "pass",
    "import convsim",
    "import convsim; convsim.Scenario, convsim.run",
    "import convsim.cli",
)
TIMED = "import time; t = time.process_time(); {}; print(time.process_time() - t)"
REPEATS = 10


def cost(statement: str) -> list[float]:
    """CPU seconds of one statement, without the start of the interpreter, sorted."""
    command = [sys.executable, "-c", TIMED.format(statement)]
    return sorted(float(subprocess.check_output(command)) for _ in range(REPEATS))


if __name__ == "__main__":
    for statement in IMPORTS:
        seconds = cost(statement)
        print(f"best {seconds[0]:.4f} s  median {median(seconds):.4f} s  {statement}")
