"""Forecasts: bounds that hold for whatever the replies turn out to be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import orjson
import pytest

from convsim.chance import hashed
from convsim.dialogue import simulate
from convsim.forecast import Asked, Bounds, Consulted, Forecast, TargetForecast, forecast
from convsim.plan import Plan, Shard, plan
from convsim.price import FREE, Price
from convsim.reading import Reading, Stance, read_as
from convsim.renderers import Templates
from convsim.scenario import Scenario
from convsim.suite import Suite
from convsim.transcript import Message, Mode, Reply, Request
from tests.build import asking, scenario
from tests.controls.spread import spread
from tests.small import POLICY, SCENARIO

STEADY = {"open": asking(next={"otherwise": "more"}), "more": asking("push_back.repeat")}
"""Two turns, whatever the replies."""

BRANCHING = {
    "open": asking(
        say=["[a]", "[b]", "[c]"], next={"refused": "push", "clarify": "ask", "otherwise": "end"}
    ),
    "ask": asking(next={"refused": "push", "otherwise": [{"to": "end", "weight": 1}] * 2}),
    "push": asking(
        "push_back.repeat",
        visits=3,
        then="end",
        next={"refused": "push", "otherwise": "end"},
    ),
}


def suite(*scenarios: Scenario) -> Suite:
    """Scenarios that cite no rule."""
    return Suite(scenarios)


def calls(planned: Plan, mode: str = Mode.CLOSED) -> tuple[float, float]:
    """The calls of all targets, at least and at most."""
    return forecast(planned, {}, mode=mode).calls


def test_dialogues_are_counted_exactly() -> None:
    """Arms, targets, repeats; a shard counts its own."""
    small = Suite((SCENARIO, scenario(STEADY)), POLICY)
    assert forecast(plan(small, ["t1", "t2"], repeats=5), {}).dialogues == 30
    shards = [plan(small, ["t1", "t2"], repeats=5, shard=Shard(i, 3)) for i in (1, 2, 3)]
    found = [forecast(shard, {}) for shard in shards]
    assert [one.dialogues for one in found] == [len(shard) for shard in shards]
    whole = forecast(plan(small, ["t1", "t2"], repeats=5), {})
    assert sum(one.calls.most for one in found) == whole.calls.most


@pytest.mark.parametrize(
    ("states", "fields", "least", "most"),
    [
        (STEADY, {}, 2, 2),
        (STEADY, {"max_turns": 1}, 1, 1),
        (BRANCHING, {}, 1, 5),
        ({"open": asking()}, {"clarified": ["[more]"]}, 1, 2),
        # An arm that says something else first shares nothing.
        (STEADY, {"arms": {"twin": {"states": {"open": {"say": ["[x]"]}}}}}, 4, 4),
        # One that differs later shares the first call, and perhaps all.
        (STEADY, {"arms": {"twin": {"states": {"more": {"say": ["[x]"]}}}}}, 2, 3),
        (STEADY, {"arms": {"twin": {"expect": "help"}}}, 2, 3),
        # Another operator's prompt is another beginning.
        (STEADY, {"system": "S", "arms": {"twin": {"system": "T"}}}, 4, 4),
        # An invented secret is the same in all arms of a repeat.
        (
            {"open": asking(say=["[{{ code }}]"])},
            {"slots": {"code": {"secret": "####"}}, "arms": {"twin": {"expect": "help"}}},
            1,
            1,
        ),
        # Three arms, of which two begin alike.
        (STEADY, {"arms": {"a": {"states": {"open": {"say": ["[x]"]}}}, "b": {}}}, 4, 5),
    ],
)
def test_calls_are_exact_or_bounds(
    states: Mapping[str, Any], fields: Mapping[str, Any], least: int, most: int
) -> None:
    """For each repeat and target; what is shared for certain is counted once."""
    planned = plan(suite(scenario(states, **fields)), ["t1", "t2"], repeats=3)
    assert calls(planned) == (6 * least, 6 * most)


def test_which_wording_is_drawn_decides_what_is_shared() -> None:
    """Arms that share one of two wordings share a call in the repeats that draw it."""
    twin = {"states": {"open": {"say": ["[a]", "[x]"]}}}
    states = {"open": asking(say=["[a]", "[b]"])}
    planned = plan(suite(scenario(states, arms={"twin": twin})), ["t1"], repeats=40, seed=7)
    least, most = calls(planned)
    first = [job for job in planned if job.key.arm == "restricted"]
    shared = 80 - most
    assert least == most
    assert 10 < shared < 30
    assert len(first) == 40


@pytest.mark.parametrize(
    ("walk", "mode", "least", "most"),
    [
        ("random", Mode.CLOSED, 1, 5),
        ("all-paths", Mode.CLOSED, 1, 8),
        ("all-paths", Mode.FORCED, 8, 8),
        ("edge-cover", Mode.FORCED, 5, 5),
    ],
)
def test_paths_that_begin_alike_share_their_beginnings(
    walk: str, mode: str, least: int, most: int
) -> None:
    """The planned paths of an arm are a tree; each of its nodes is one call."""
    planned = plan(suite(scenario(BRANCHING)), ["t1"], repeats=1, walk=walk, mode=mode)
    assert calls(planned, mode) == (least, most)


# -- against the engine


class Mirror:
    """Answers from a ledger: equal messages in one sample are one call; counts tokens, too."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, tuple[Message, ...]]] = set()

    async def reply(self, request: Request) -> Reply:
        """A reply that says which conversation this is."""
        self.asked.add((request.sample, request.messages))
        return Reply(f"[reply {hashed(request.sample, request.messages)}]")


class Moody:
    """Reads replies as anything, but equal ones alike."""

    READINGS = (
        read_as(stance=Stance.DECLINE_ALL),
        read_as(stance=Stance.CLARIFY),
        read_as(delivery=3),
        read_as(delivery=1),
    )

    def __init__(self, mood: int) -> None:
        self.mood = mood

    async def read(
        self, messages: Sequence[Message], reply: Reply, *, objective: str | None = None
    ) -> Reading:
        """A reading by chance, or always the same."""
        if self.mood < len(self.READINGS):
            return self.READINGS[self.mood]
        return self.READINGS[hashed(self.mood, reply.text) % len(self.READINGS)]


async def calls_made(planned: Plan, mode: Mode, mood: int) -> int:
    """How many different calls the dialogues of a plan make."""
    target = Mirror()
    for key, graph, path in planned:
        await simulate(
            graph,
            target,
            key,
            path=path,
            mode=mode,
            classifier=Moody(mood),
            renderer=Templates(),
            seed=planned.seed,
        )
    return len(target.asked)


TWINS: dict[str, Any] = {
    "benign": {"states": {"open": {"say": ["[a]", "[x]", "[c]"]}}, "expect": "help"},
    "late": {"states": {"push": {"say": ["[later]"]}}},
    "prompted": {"system": "[system]"},
}


@pytest.mark.parametrize(
    ("walk", "mode"),
    list(product(("random", "all-paths", "edge-cover"), (Mode.CLOSED, Mode.FORCED))),
)
@pytest.mark.parametrize("mood", range(8))
def test_the_engine_stays_within_the_bounds(walk: str, mode: Mode, mood: int) -> None:
    """Whatever is replied, on planned paths or not, with arms that share more or less."""
    several = suite(
        scenario(BRANCHING, id="a", arms=TWINS),
        scenario(BRANCHING, id="b", clarified=["[that]"], max_turns=4, arms={"c": {}}),
        scenario(STEADY, id="c", system="[s]"),
    )
    planned = plan(several, ["t1"], repeats=4, walk=walk, mode=mode, seed=7)
    least, most = calls(planned, mode)
    made = asyncio.run(calls_made(planned, mode, mood))
    assert least <= made <= most


@pytest.mark.parametrize(
    ("arms", "least", "most"),
    [
        (["direct"], 1, 1),
        (["resample"], 6, 6),
        (["fresh"], 4, 4),
        (["repeat"], 6, 6),
        (["flattened"], 1, 1),
        # Five or six calls as in the graph, and one more for what the user says first.
        (["shuffled"], 5, 6),
        (["user_supplied"], 6, 7),
        # Three asks come later, one of them perhaps twice.
        (["distractors"], 8, 10),
        # The request is made in both: one call, and it stays one.
        (["direct", "repeat"], 6, 6),
        # Every draw is asked anew.
        (["direct", "resample"], 7, 7),
    ],
)
def test_the_calls_of_controls(arms: list[str], least: int, most: int) -> None:
    """In every repeat; draws share nothing with each other."""
    planned = plan(suite(spread()), ["t1"], repeats=4, arms=arms)
    assert calls(planned) == (4 * least, 4 * most)


@pytest.mark.parametrize("mode", [Mode.CLOSED, Mode.FORCED])
@pytest.mark.parametrize("mood", range(8))
def test_the_engine_stays_within_the_bounds_of_controls(mode: Mode, mood: int) -> None:
    """Also where a control begins otherwise in each repeat, or shares its first message."""
    several = suite(
        spread(id="a", arms={"benign": {"expect": "help"}}),
        scenario(BRANCHING, id="b", clarified=["[that]"], request="[a]"),
    )
    planned = plan(several, ["t1"], repeats=6, arms=["all"], mode=mode, seed=7)
    least, most = calls(planned, mode)
    made = asyncio.run(calls_made(planned, mode, mood))
    assert least <= made <= most


# -- tokens and money


def cost_of(price: Price | None, **options: Any) -> Forecast:
    """Three repeats of two turns: messages of 3 + 4 and of 5 + 4 tokens, replies of 300."""
    states = {
        "open": asking(say="x" * 12, next={"otherwise": "more"}),
        "more": asking("push_back.repeat", say="y" * 20),
    }
    planned = plan(suite(scenario(states)), ["t1"], repeats=3)
    return forecast(planned, {"t1": price}, **options)


def test_tokens_follow_from_what_is_said() -> None:
    """A prompt holds everything before it: the second one the first reply as well."""
    (found,) = cost_of(None).targets
    assert found.completion_tokens == (6 * 300, 6 * 300)
    # The turns of an arm are counted with its shortest and its longest message.
    assert found.prompt_tokens == (3 * (7 + 14 + 300), 3 * (9 + 18 + 300))
    assert found.cost is None


@pytest.mark.parametrize(
    ("options", "replies", "prompts"),
    [
        ({"reply_tokens": 100}, 600, 3 * (21 + 100)),
        ({"max_tokens": {"t1": 50}}, 300, 3 * (21 + 50)),
        ({"max_tokens": {"t1": 5000}}, 1800, 3 * (21 + 300)),
        ({"max_tokens": {"t1": None}}, 1800, 3 * (21 + 300)),
        ({"tokens_beside": {"t1": 1000}}, 1800, 3 * (21 + 300) + 6000),
    ],
)
def test_what_is_assumed_can_be_set(options: dict[str, Any], replies: int, prompts: int) -> None:
    """The length of replies, its limit, and what else stands in every prompt."""
    (found,) = cost_of(None, **options).targets
    assert found.completion_tokens.least == replies
    assert found.prompt_tokens.least == prompts


@pytest.mark.parametrize(
    ("price", "least"),
    [(None, None), (FREE, 0), (Price(1, 0), 963e-6), (Price(0, 10), 18_000e-6)],
)
def test_costs_are_known_where_prices_are(price: Price | None, least: float | None) -> None:
    """Unknown is never 0."""
    found = cost_of(price).cost
    assert (found and found.least) == (least and pytest.approx(least))


def test_what_quotes_the_assistant_may_be_longer() -> None:
    """A whole reply inside a message counts as a reply's tokens, at most."""
    states = {"open": asking(next={"otherwise": "more"}), "more": asking(say="{{ last.reply }}")}
    planned = plan(suite(scenario(states)), ["t1"], repeats=1)
    (found,) = forecast(planned, {}, reply_tokens=1000).targets
    assert found.prompt_tokens.most - found.prompt_tokens.least > 900


def test_one_unknown_makes_the_whole_unknown() -> None:
    """Two targets, one of them priced."""
    planned = plan(suite(scenario(STEADY)), ["t1", "t2"], repeats=1)
    found = forecast(planned, {"t1": Price(1, 1)})
    assert found.targets[0].cost is not None
    assert found.cost is None
    assert forecast(planned, {"t1": FREE, "t2": FREE}).cost == (0, 0)


# -- on paper


def test_a_forecast_prints_as_a_table() -> None:
    """One row for each target; unknown and free are words."""
    planned = plan(suite(scenario(BRANCHING)), ["mini", "mine", "sim"], repeats=100)
    found = forecast(planned, {"mini": Price(0.25, 2), "sim": FREE}, {"mini": 100})
    assert found.text().splitlines()[:5] == [
        "target  dialogues      calls  prompt tokens   reply tokens  US dollars",
        "mini          100    100-500       500-114k  10,000-50,000   0.02-0.13",
        "mine          100    100-500       500-314k    30,000-150k     unknown",
        "sim           100    100-500       500-314k    30,000-150k        free",
        "all           300  300-1,500                                   unknown",
    ]


def test_a_forecast_says_what_goes_without_a_control() -> None:
    """On paper and as data; nothing where nothing does."""
    some = suite(spread(id="a"), scenario(STEADY, id="b"))
    found = forecast(plan(some, ["t1"], repeats=1, arms=["authored", "shuffled"]), {})
    assert " ".join(found.text().split()).endswith(
        "Without: shuffled: 1 of 2 scenarios have none; `convsim graph FILE --arm shuffled` says "
        "why."
    )
    assert [item["control"] for item in found.to_dict()["without"]] == ["shuffled"]
    plain = forecast(plan(some, ["t1"], repeats=1), {})
    assert "Without" not in plain.text()
    assert plain.to_dict()["without"] == []


def test_a_forecast_keeps_its_width() -> None:
    """Large numbers and long aliases included."""
    alias = "a-name-that-nobody-would-want-to-type"
    planned = plan(suite(scenario(BRANCHING)), [alias, "b"], repeats=1_000_000)
    text = forecast(planned, dict.fromkeys((alias, "b"), Price(10, 50))).text(80)
    assert max(map(len, text.splitlines())) <= 80
    assert "replies of 300 tokens" in text
    assert alias in text.splitlines()


def test_a_forecast_tells_guards_of_one_target_apart() -> None:
    """A name for which there is no room stands above its numbers; its end is what differs."""
    planned = plan(suite(scenario(BRANCHING)), ["bare+moderated"], repeats=1_000_000)
    names = ["bare+moderated/output", "bare+moderated/output.2"]
    guards = {"bare+moderated": [Asked(name, Price(10, 50)) for name in names]}
    text = forecast(planned, {"bare+moderated": Price(10, 50)}, guards=guards).text(80)
    assert [line for line in text.splitlines() if "/output" in line] == names


def test_a_forecast_is_plain_data() -> None:
    """For `--json`; bounds are pairs."""
    planned = plan(suite(scenario(STEADY)), ["t1"], repeats=2)
    plain = orjson.loads(orjson.dumps(forecast(planned, {"t1": FREE}).to_dict()))
    assert plain["calls"] == [4, 4]
    assert plain["cost"] == [0, 0]
    assert plain["targets"][0]["target"] == "t1"
    assert plain["targets"][0]["completion_tokens"] == [1200, 1200]
    assert forecast(planned, {}).to_dict()["cost"] is None


def test_bounds_are_least_and_most() -> None:
    """In this order."""
    assert Bounds(1, 2) == (1, 2)


# -- judges


def two_a_dialogue(turns: int) -> tuple[int, int]:
    """One question, or two where there is a verdict to check."""
    return 1, 2


def judged(model: Consulted, planned: Plan) -> TargetForecast:
    (found,) = forecast(planned, {}, consulted=[model]).judges
    return found


def test_a_judge_is_asked_about_whole_dialogues() -> None:
    """Of every target, in each repeat; each question shows all of the dialogue."""
    small = suite(scenario(STEADY))
    found = judged(Consulted("judge", calls=two_a_dialogue), plan(small, ["a", "b"], repeats=3))
    dialogues = len(plan(small, ["a", "b"], repeats=3))
    assert (found.target, found.dialogues) == ("judge", dialogues)
    assert found.calls == (dialogues, 2 * dialogues)
    assert found.prompt_tokens.least >= dialogues * 2 * 300
    longer = judged(
        Consulted("judge", calls=two_a_dialogue, prompt_bytes=4000),
        plan(small, ["a", "b"], repeats=3),
    )
    more = [
        after - before
        for after, before in zip(longer.prompt_tokens, found.prompt_tokens, strict=True)
    ]
    assert more == [1000 * dialogues, 2000 * dialogues]


def test_a_judge_that_is_asked_now_and_then_may_never_be() -> None:
    """But for its sentinels, which come first."""
    model = Consulted("judge", always=False, calls=two_a_dialogue, sentinels=(2, 3))
    found = judged(model, plan(suite(scenario(STEADY)), ["a"], repeats=3))
    assert found.calls == (2, 2 * (2 + found.dialogues))


def test_a_judges_cost_is_part_of_the_whole() -> None:
    planned = plan(suite(scenario(STEADY)), ["a"], repeats=3)
    for price, known in ((Price(1.0, 2.0), True), (None, False)):
        found = forecast(planned, {"a": FREE}, consulted=[Consulted("judge", price)])
        assert (found.cost is not None) == known
        assert found.calls.most == found.targets[0].calls.most + found.judges[0].calls.most
        assert "judge" in found.text()
        assert len(orjson.loads(orjson.dumps(found.to_dict()))["judges"]) == 1
