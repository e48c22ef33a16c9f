"""The face, for type checkers; `__init__.py` loads the same names when they are first used."""

from convsim.api import (
    estimate,
    judge,
    judged,
    load,
    load_targets,
    merge,
    read,
    rehearse,
    rejudge,
    resume,
    run,
    simulate,
    variants,
)
from convsim.archive import Judged
from convsim.auditing import audit
from convsim.budget import Budget
from convsim.calibrating import calibrate
from convsim.calibration import Calibration
from convsim.case import Case
from convsim.comparing import compare, follow, gate
from convsim.drawing import mermaid
from convsim.errors import (
    BudgetSpent,
    CallError,
    ConvsimError,
    Halted,
    InputError,
    NotRecorded,
    Outage,
    OutOfSpace,
    Permanent,
    RefusedRequest,
    RunMismatch,
    ScenarioError,
    Suspended,
    Throttled,
    Transient,
    Unreachable,
)
from convsim.estimates import Estimate
from convsim.facets import Closure, Facet
from convsim.gapping import measure_gap
from convsim.judges.cascade import CascadeJudge
from convsim.judges.model import ModelJudge
from convsim.judges.panel import Panel
from convsim.ladder import GapTable
from convsim.limits import Halt, Limits
from convsim.mitigations import Mitigations
from convsim.picturing import draw
from convsim.planning import plan_run
from convsim.policy import Example, Level, Policy, Rule
from convsim.ports import Classifier, Judge, Renderer, Target
from convsim.power import Outlook
from convsim.rated import ingest
from convsim.rates import Rate
from convsim.reading import Help, Label, Reading, Stance, Status, read_as
from convsim.rehearsal import Rehearsal, Standing
from convsim.runs import Run
from convsim.scenario import (
    Arm,
    Asks,
    Evidence,
    Expect,
    Guard,
    Scenario,
    Secret,
    State,
    Transition,
    appeal,
    ask,
    claim_authority,
    control,
    escalate,
    evidence,
    push_back,
    reframe,
)
from convsim.selftesting import selftest
from convsim.stitches import Stitching
from convsim.stitching import stitch
from convsim.suite import Suite
from convsim.tabular import Records, Tabular
from convsim.transcript import Failure, Message, Reply, Request, Transcript, Turn
from convsim.trials import Trial
from convsim.trying import calibrate_on_canaries
from convsim.verdict import Finding, Grade, Kind, Outcome, Reason, Verdict, Vote
from convsim.version import __version__
from convsim.waiting import wait

__all__ = [
    "Arm",
    "Asks",
    "Budget",
    "BudgetSpent",
    "Calibration",
    "CallError",
    "CascadeJudge",
    "Case",
    "Classifier",
    "Closure",
    "ConvsimError",
    "Estimate",
    "Evidence",
    "Example",
    "Expect",
    "Facet",
    "Failure",
    "Finding",
    "GapTable",
    "Grade",
    "Guard",
    "Halt",
    "Halted",
    "Help",
    "InputError",
    "Judge",
    "Judged",
    "Kind",
    "Label",
    "Level",
    "Limits",
    "Message",
    "Mitigations",
    "ModelJudge",
    "NotRecorded",
    "OutOfSpace",
    "Outage",
    "Outcome",
    "Outlook",
    "Panel",
    "Permanent",
    "Policy",
    "Rate",
    "Reading",
    "Reason",
    "Records",
    "RefusedRequest",
    "Rehearsal",
    "Renderer",
    "Reply",
    "Request",
    "Rule",
    "Run",
    "RunMismatch",
    "Scenario",
    "ScenarioError",
    "Secret",
    "Stance",
    "Standing",
    "State",
    "Status",
    "Stitching",
    "Suite",
    "Suspended",
    "Tabular",
    "Target",
    "Throttled",
    "Transcript",
    "Transient",
    "Transition",
    "Trial",
    "Turn",
    "Unreachable",
    "Verdict",
    "Vote",
    "__version__",
    "appeal",
    "ask",
    "audit",
    "calibrate",
    "calibrate_on_canaries",
    "claim_authority",
    "compare",
    "control",
    "draw",
    "escalate",
    "estimate",
    "evidence",
    "follow",
    "gate",
    "ingest",
    "judge",
    "judged",
    "load",
    "load_targets",
    "measure_gap",
    "merge",
    "mermaid",
    "plan_run",
    "push_back",
    "read",
    "read_as",
    "reframe",
    "rehearse",
    "rejudge",
    "resume",
    "run",
    "selftest",
    "simulate",
    "stitch",
    "variants",
    "wait",
]
