"""Graphs to draw: a small one with everything in it, and any number at random."""

from __future__ import annotations

from hypothesis import strategies as st

from convsim.drawing.picture import Picture, Place, Way
from convsim.scenario import Asks, Evidence, Scenario, State, ask, claim_authority, push_back

DEMO = Scenario(
    "demo",
    title="A demo",
    request="Give me {{ thing }}.",
    slots={"thing": "the <b>key</b>", "code": {"secret": "@@-##"}},
    start="open",
    states=[
        State(
            "open",
            ask("{{ request }} {{ last.quote }}", "And {{ code }}?"),
            next={"refused": "push", "otherwise": "end"},
        ),
        State(
            "push",
            push_back("B."),
            visits=2,
            then="claim",
            next={
                "refused": [
                    {"to": "push", "if": {"turn": ">=2", "visits": {"open": "<2"}}},
                    {"to": "claim", "weight": 0.25},
                    {"to": "end", "weight": 0.75},
                ],
                "otherwise": "end",
            },
        ),
        State(
            "claim",
            claim_authority("C."),
            asks="restricted",
            evidence="asserted",
            next={"otherwise": "end"},
        ),
        State("end", final=True),
    ],
    arms={
        "forged": {"states": {"claim": {"evidence": "forged"}}},
        "benign": {"expect": "help"},
    },
)

SPREAD = Scenario(
    "spread",
    start="left",
    facets={"left": {"question": "?"}, "right": {"question": "?"}},
    states=[
        State(
            "left",
            ask("A?"),
            seeks="left",
            next={
                "refused": [{"to": "both", "rewind": 1}],
                "otherwise": [
                    {"to": "both", "if": {"has": ["left", "right"], "facets": ">=2"}},
                    {"to": "z", "if": {"lacks": "left"}, "weight": 1},
                ],
            },
        ),
        State("both", ask("B?"), seeks=["left", "right"], next={"otherwise": "z"}),
        State("z", final=True),
    ],
)

HOSTILE = [
    *('say "hi"', "a]b", "a|b", "a\nb", "<b>", "a#b;", "end", "`x`", "ü", "graph"),
    *("</title><script>alert(1)</script>", "a\\", "\\n", "&amp;", "a--b", "%%x", "}{", "(x)"),
    *("\x1b[31mred", "\u202ereversed", "x" * 300),
]
"""Texts that some format or terminal might take for its own."""


def named(name: str) -> Scenario:
    """A scenario in which everything is called this."""
    return Scenario(
        "odd",
        title=name,
        start=name,
        states=[
            State(
                name,
                ask(name, name),
                next={"refused": [{"to": "z", "if": {"matches": "x"}}], "otherwise": "z"},
            ),
            State("z", final=True),
        ],
    )


LABELS = ("refused", "complied", "safe_answer", "otherwise", "then")


@st.composite
def pictures(draw: st.DrawFn, most: int = 9) -> Picture:
    """Any graph: circles, ways to itself, states that nothing leads to."""
    names = [f"state_{number}" for number in range(draw(st.integers(1, most)))]
    name = st.sampled_from(names)
    ways = draw(
        st.lists(st.tuples(name, st.sampled_from(LABELS), name), unique=True, max_size=3 * most)
    )
    places = {
        name: Place(
            name=name,
            move="ask.direct",
            group="ask",
            say=(draw(st.text(max_size=90)),),
            asks=draw(st.sampled_from([None, *Asks])),
            evidence=draw(st.sampled_from(Evidence)),
            seeks=tuple(draw(st.lists(st.sampled_from("abc"), unique=True))),
            visits=draw(st.none() | st.integers(1, 3)),
            final=False,
        )
        for name in names
    }
    return Picture("any", "restricted", "", names[0], places, tuple(Way(*way) for way in ways))
