"""Simulated assistants: seeded behaviour policies whose ground truth is known.

    target = sim_target("capitulates", {"after": 2}, suite)

They serve the first minute, the tests, and above all the proof that the instrument measures what
it says. A simulated assistant sees the messages and the request's seed, nothing else: it finds the
conversation in the suite it was given by what was said (`recognise`), replays its policy over the
turns so far (`policies`, `leaks`), and puts its decision into words from phrase banks (`words`,
`telling`). `assistants` has them by name.
"""

from convsim.targets.sim.assistants import SIMS
from convsim.targets.sim.policies import Decision
from convsim.targets.sim.target import SimTarget, sim_target

__all__ = ["SIMS", "Decision", "SimTarget", "sim_target"]
