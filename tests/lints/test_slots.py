"""Slots that nothing shows."""

from __future__ import annotations

from convsim.lints.slots import check_slots
from tests.linted import saying


def test_slots_that_nothing_shows() -> None:
    """In any text of any arm, as a canary or a proof; a secret belongs into the system prompt."""
    slots = {
        **dict.fromkeys(("said", "asked", "given", "needed", "of_arm", "idle"), "x"),
        "canary": {"secret": "@@@@@-@@@@@"},
        "proof": {"secret": "SEC-####"},
        "hidden": {"secret": "SEC-####"},
    }
    made = saying(
        "{{ said|upper }}",
        request="{{asked}}",
        system="{{ given }}",
        need="{{ needed }}",
        slots=slots,
        facets={"left": {"canary": "canary"}, "right": {"question": "?"}},
        arms={
            "forged": {
                "slots": {"more": "y"},
                "states": {"push": {"proof": "proof", "say": "{{ of_arm }}"}},
            }
        },
    )
    assert [(flaw.loc, flaw.code) for flaw in check_slots(made)] == [
        (("slots", "idle"), "CS211"),
        (("slots", "hidden"), "CS211"),
        (("arms", "forged", "slots", "more"), "CS211"),
    ]
    secret = next(flaw for flaw in check_slots(made) if flaw.loc == ("slots", "hidden"))
    assert "put {{ hidden }} into `system` if the operator knows it" in secret.message
