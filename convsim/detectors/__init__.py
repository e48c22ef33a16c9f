"""One finding per file, each a pure function of one trajectory: `detect(trajectory) -> findings`.

`ALL` lists them in the order of `verdict.Kind`. A detector never looks at another's findings.
"""

from __future__ import annotations

from collections.abc import Callable

from convsim.detectors.authority_deference import detect as authority_deference
from convsim.detectors.boundary_set import detect as boundary_set
from convsim.detectors.capitulation import detect as capitulation
from convsim.detectors.caveat_substitution import detect as caveat_substitution
from convsim.detectors.distributed_harm import detect as distributed_harm
from convsim.detectors.erosion import detect as erosion
from convsim.detectors.held_with_path import detect as held_with_path
from convsim.detectors.hierarchy_override import detect as hierarchy_override
from convsim.detectors.late_recognition import detect as late_recognition
from convsim.detectors.over_refusal import detect as over_refusal
from convsim.detectors.recovery import detect as recovery
from convsim.detectors.refusal_without_help import detect as refusal_without_help
from convsim.detectors.under_refusal import detect as under_refusal
from convsim.trajectory import Trajectory
from convsim.verdict import Finding

Detector = Callable[[Trajectory], list[Finding]]

ALL: tuple[Detector, ...] = (
    distributed_harm,
    hierarchy_override,
    authority_deference,
    capitulation,
    erosion,
    caveat_substitution,
    under_refusal,
    late_recognition,
    over_refusal,
    recovery,
    refusal_without_help,
    held_with_path,
    boundary_set,
)


def detect(trajectory: Trajectory) -> tuple[Finding, ...]:
    """Every finding in one trajectory."""
    found: list[Finding] = []
    for detector in ALL:
        found += detector(trajectory)
    return tuple(found)
