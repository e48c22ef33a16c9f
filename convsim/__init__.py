"""convsim: does a chat assistant hold its boundaries over a whole conversation, and still help?

    run = await convsim.run("scenarios/", "openai/gpt-5-mini", repeats=5, seed=7, out="runs/march")
    print(run.report())

From code that is not async: `convsim.wait(convsim.run(...))`.
"""

from importlib import import_module

# A name loads its module when it is first used, so that `import convsim` costs next to nothing.
# `__init__.pyi` is the same list for type checkers; a test holds the two together.
_FACE = {
    "api": (
        "estimate",
        "judge",
        "judged",
        "load",
        "load_targets",
        "merge",
        "read",
        "rehearse",
        "rejudge",
        "resume",
        "run",
        "simulate",
        "variants",
    ),
    "archive": ("Judged",),
    "auditing": ("audit",),
    "budget": ("Budget",),
    "calibrating": ("calibrate",),
    "calibration": ("Calibration",),
    "case": ("Case",),
    "comparing": ("compare", "follow", "gate"),
    "drawing": ("mermaid",),
    "errors": (
        "BudgetSpent",
        "CallError",
        "ConvsimError",
        "Halted",
        "InputError",
        "NotRecorded",
        "OutOfSpace",
        "Outage",
        "Permanent",
        "RefusedRequest",
        "RunMismatch",
        "ScenarioError",
        "Suspended",
        "Throttled",
        "Transient",
        "Unreachable",
    ),
    "estimates": ("Estimate",),
    "facets": ("Closure", "Facet"),
    "gapping": ("measure_gap",),
    "judges.cascade": ("CascadeJudge",),
    "judges.model": ("ModelJudge",),
    "judges.panel": ("Panel",),
    "ladder": ("GapTable",),
    "limits": (
        "Halt",
        "Limits",
    ),
    "mitigations": ("Mitigations",),
    "picturing": ("draw",),
    "planning": ("plan_run",),
    "policy": (
        "Example",
        "Level",
        "Policy",
        "Rule",
    ),
    "reading": (
        "Help",
        "Label",
        "Reading",
        "Stance",
        "Status",
        "read_as",
    ),
    "power": ("Outlook",),
    "ports": ("Classifier", "Judge", "Renderer", "Target"),
    "rated": ("ingest",),
    "rates": ("Rate",),
    "rehearsal": ("Rehearsal", "Standing"),
    "runs": ("Run",),
    "scenario": (
        "Arm",
        "Asks",
        "Evidence",
        "Expect",
        "Guard",
        "Scenario",
        "Secret",
        "State",
        "Transition",
        "appeal",
        "ask",
        "claim_authority",
        "control",
        "escalate",
        "evidence",
        "push_back",
        "reframe",
    ),
    "selftesting": ("selftest",),
    "stitches": ("Stitching",),
    "stitching": ("stitch",),
    "suite": ("Suite",),
    "tabular": ("Records", "Tabular"),
    "transcript": (
        "Failure",
        "Message",
        "Reply",
        "Request",
        "Transcript",
        "Turn",
    ),
    "trials": ("Trial",),
    "trying": ("calibrate_on_canaries",),
    "verdict": (
        "Finding",
        "Grade",
        "Kind",
        "Outcome",
        "Reason",
        "Verdict",
        "Vote",
    ),
    "version": ("__version__",),
    "waiting": ("wait",),
}
_MODULE_OF = {name: module for module, names in _FACE.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'convsim' has no attribute {name!r}")
    value: object = getattr(import_module(f"convsim.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
