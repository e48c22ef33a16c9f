"""What is wrong with wordings, slots and proofs."""

from __future__ import annotations

from typing import Any

import pytest

from convsim.errors import Flaw
from convsim.lints import check
from convsim.lints.texts import filled
from convsim.scenario import Scenario
from tests.build import LIMIT, UNLOCKABLE, asking, scenario
from tests.linted import OPEN, Loc, clean, found, with_open, with_push


def test_a_doubled_wording_is_a_warning() -> None:
    """Drawn without replacement, it would still come twice; blanks make no other wording."""
    same = ["[one]", "[two]", "[one] "]
    drawn = "which is then drawn more often than the others; reword it or delete it"
    assert check(with_open(say=same)) == [
        Flaw(
            (*OPEN, "say", 2),
            f"state 'open', wording 3 of `say` is the same as wording 1, {drawn}",
            warning=True,
            code="CS208",
        )
    ]
    assert [flaw.loc for flaw in check(clean(clarified=same))] == [("clarified", 2)]
    assert check(with_open(say=["[one]", "[One]"])) == []


CODE = {"code": {"secret": "SEC-#####"}}


def proving(**keys: Any) -> dict[str, Any]:
    """Two states, of which the second shows a proof."""
    proof = {
        **asking("evidence.give_verifiable", say="Ticket {{ code }}."),
        "evidence": "verifiable",
        "proof": "code",
    }
    return {"open": asking(next={"otherwise": "proof"}), "proof": {**proof, **keys}}


PROOF: Loc = ("states", "proof", "evidence")
NO_PROOF = "does not show the proof; put {{ code }} into each of them"
ONLY = (
    "only {{ name }}, {{ last.reply }} and {{ last.quote }} are allowed, with the filters "
    "capitalize, lower, title, trim, upper"
)
SYSTEM = "Open ticket: {{ code }}."

TEXTS: list[tuple[Scenario, Loc, str]] = [
    (
        with_open(say=["[ok]", "{{ vendr }}"]),
        (*OPEN, "say", 1),
        "state 'open': unknown slot 'vendr'; allowed: request",
    ),
    (
        clean(request="{{ vendr }}", slots={"vendor": "acme"}),
        ("request",),
        "`request`: unknown slot 'vendr'; did you mean 'vendor'? Allowed: vendor",
    ),
    (
        clean(request="{{ vendor }}"),
        ("request",),
        "`request`: unknown slot 'vendor'; no slots are defined",
    ),
    (
        clean(system="{{ last.quote }}"),
        ("system",),
        "`system`: nothing was said yet that '{{ last.quote }}' could quote",
    ),
    (clean(need="{{ x }}"), ("need",), "`need`: unknown slot 'x'; allowed: request"),
    (
        clean(clarified=["{{ x }}"]),
        ("clarified", 0),
        "`clarified`: unknown slot 'x'; allowed: last.quote, last.reply, request",
    ),
    (
        with_open(say="{{ last.reply }}"),
        (*OPEN, "say", 0),
        "state 'open': nothing was said yet that '{{ last.reply }}' could quote",
    ),
    (
        with_push(say="{{ last.quot }}"),
        ("states", "push", "say", 0),
        "state 'push': unknown slot 'last.quot'; did you mean 'last.quote'? "
        "Allowed: last.quote, last.reply, request",
    ),
    (
        with_open(say="{{ request }}"),
        (*OPEN, "say", 0),
        "state 'open' says the request, but `request` is empty",
    ),
    (
        with_open(say="{{ x.y() }}"),
        (*OPEN, "say", 0),
        f"state 'open': bad template: {ONLY}",
    ),
    (
        clean(slots={"vendor": "{{ other }}"}),
        ("slots", "vendor"),
        "slot 'vendor' is plain text and cannot hold a template",
    ),
    (
        clean(slots={"last": "x"}),
        ("slots", "last"),
        "'last' is a name of convsim's own; rename the slot",
    ),
    (
        scenario(proving(proof=None), slots=CODE, system=SYSTEM),
        PROOF,
        "state 'proof' shows verifiable evidence; name its slot in `proof`",
    ),
    (
        scenario(proving(proof="cod"), slots=CODE, system=SYSTEM),
        ("states", "proof", "proof"),
        "state 'proof': proof 'cod' is no slot; did you mean 'code'? Allowed: code",
    ),
    (
        scenario(proving(evidence="asserted", proof="cod"), slots=CODE),
        ("states", "proof", "proof"),
        "state 'proof': proof 'cod' is no slot; did you mean 'code'? Allowed: code",
    ),
    (
        scenario(proving(evidence="asserted", say="[ticket]")),
        ("states", "proof", "proof"),
        "state 'proof': proof 'code' is no slot; no slots are defined",
    ),
    (
        scenario(proving(), slots=CODE),
        PROOF,
        "state 'proof': proof 'code' is verifiable, but the system prompt does not hold it, so "
        "the assistant cannot check it; put {{ code }} into `system`, or make the evidence "
        "`asserted`",
    ),
    (
        scenario(proving(evidence="forged"), slots=CODE, system=SYSTEM),
        PROOF,
        "state 'proof': proof 'code' is forged, but the system prompt holds it, which makes it "
        "genuine; take it out of `system` or make the evidence `verifiable`",
    ),
    (
        scenario(proving(say="[no ticket]"), slots=CODE, system=SYSTEM),
        ("states", "proof", "say", 0),
        f"state 'proof', wording 1 of `say` {NO_PROOF}",
    ),
    (
        scenario(proving(say=["{{ code }}", "[no ticket]"]), slots=CODE, system=SYSTEM),
        ("states", "proof", "say", 1),
        f"state 'proof', wording 2 of `say` {NO_PROOF}",
    ),
    (
        scenario(proving(evidence="forged", say=["{{ code }}", "[no ticket]"]), slots=CODE),
        ("states", "proof", "say", 1),
        f"state 'proof', wording 2 of `say` {NO_PROOF}",
    ),
]


@pytest.mark.parametrize(("made", "loc", "message"), TEXTS)
def test_a_flaw_of_the_texts(made: Scenario, loc: Loc, message: str) -> None:
    """Templates are filled from what there is at their place; a proof is what it says."""
    assert found(check(made, UNLOCKABLE)) == [(loc, message)]


def test_a_proof_needs_a_rule_that_it_unlocks() -> None:
    """Where the rule names no proof, there is no verified arm; without a rule nothing is said."""
    made = scenario(proving(), slots=CODE, system=SYSTEM)
    assert check(made) == []
    assert found(check(made, LIMIT)) == [
        (
            PROOF,
            "state 'proof': rule 'r.limit' has no `unlocked_by`, so no proof can unlock it; "
            "say in the policy which proof does, or make the evidence `asserted`",
        )
    ]


@pytest.mark.parametrize(("value", "shown"), [("SEC-1", True), ("SEC-2", False), ("", False)])
def test_a_plain_proof_may_stand_in_the_system_prompt_as_text(value: str, shown: bool) -> None:
    """A slot without secrets counts by its value; an empty one shows nothing."""
    made = scenario(proving(), slots={"code": value}, system="Open ticket: SEC-1.")
    assert any("does not hold it" in flaw.message for flaw in check(made)) is not shown


@pytest.mark.parametrize(
    ("system", "slots", "genuine"),
    [
        ("Open ticket: {{ open }}.", {"code": "SEC-1", "open": "SEC-1"}, True),
        ("Open: {{ open }}.", {"code": "SEC-1", "open": "SEC-0 and SEC-1"}, True),
        ("Open ticket: {{ open }}.", {"code": "SEC-1", "open": "SEC-2"}, False),
        ("Open ticket: none.", {"code": "SEC-1", "open": "SEC-1"}, False),
        ("Open ticket: {{ open }}.", {**CODE, "open": {"secret": "SEC-#####"}}, False),
        ("Asked for: {{ request }}.", CODE, True),
    ],
)
def test_a_forged_proof_may_not_stand_there_under_another_name(
    system: str, slots: dict[str, Any], genuine: bool
) -> None:
    """What the system prompt shows is genuine, whichever slot or text it comes from."""
    made = scenario(
        proving(evidence="forged"), slots=slots, system=system, request="[request] {{ code }}"
    )
    assert any("makes it genuine" in flaw.message for flaw in check(made)) is genuine


def test_a_wording_may_show_the_proof_through_the_request() -> None:
    """It is in what the user says all the same."""
    states = proving(say=["{{ request }}", "Ticket {{ code }}."])
    made = scenario(states, slots=CODE, system=SYSTEM, request="[request] {{ code }}")
    assert check(made, UNLOCKABLE) == []


def test_secrets_need_room_to_differ() -> None:
    """Five digits in `#` would be drawn again and again, and in the end not at all."""
    slots = {name: {"secret": "#"} for name in "abcdef"}
    flaws = check(clean(slots=slots))
    assert found(flaws)[0] == (
        ("slots", "a"),
        "slot 'a': '#' can make only 10 secrets, and 6 slots need one each that no other has; "
        "lengthen the pattern",
    )
    assert len(flaws) == 6
    assert check(clean(slots={"a": {"secret": "#"}})) == []


def test_a_wording_is_filled_as_it_may_be_said() -> None:
    """Secrets are drawn, nothing was said yet; what is unsound stays as it is."""
    made = clean(request="[request] {{ code }}", slots={"code": {"secret": "SEC-##"}, "who": "you"})
    request = filled("{{ request }}", made)
    assert request.startswith("[request] SEC-")
    assert request[-2:].isdigit()
    assert filled("{{ who | upper }}: {{ last.quote }}", made) == "YOU: "
    assert [filled(text, made) for text in ("{{ x }}", "{{ x.y() }}")] == ["{{ x }}", "{{ x.y() }}"]
