"""What `import convsim` costs in CPU seconds, each time in a fresh process, beside a bare client.

    python benchmarks/import_cost.py [REPEATS]

The best of ten counts, because whatever else the machine does only adds to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median

IMPORTS = (
    "pass",
    "import convsim",
    "import convsim; convsim.Scenario, convsim.run",
    "import convsim.cli",
    "import aiohttp",
    "import litellm",
)
TIMED = "import time; t = time.process_time(); {}; print(time.process_time() - t)"
# litellm would otherwise ask the network for a list of prices.
OFFLINE = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


def cost(statement: str, repeats: int) -> list[float]:
    """CPU seconds of one statement, without the start of the interpreter, sorted."""
    command = [sys.executable, "-c", TIMED.format(statement)]
    return sorted(
        float(subprocess.check_output(command, env=OFFLINE, text=True).split()[-1])
        for _ in range(repeats)
    )


def main() -> None:
    """Print one line for each statement."""
    repeats = int(sys.argv[1]) if sys.argv[1:] else 10
    costs = {statement: cost(statement, repeats) for statement in IMPORTS}
    bare = costs["import litellm"][0]
    for statement, seconds in costs.items():
        figures = f"best {seconds[0]:.4f} s  median {median(seconds):.4f} s"
        print(f"{figures}  {seconds[0] / bare:6.3f}x litellm  {statement}")


if __name__ == "__main__":
    main()
