"""A model that answers a judge's questions truly, and what it was asked, taken apart."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from convsim.facets import Facet
from convsim.judges.asking import prompt
from convsim.judges.sentinels import Sentinel
from convsim.reading import Help, Reading, Stance
from convsim.transcript import Reply, Request, Transcript


@dataclass(frozen=True)
class Shown:
    """One question, taken apart: what stands outside of the data, and the data line by line."""

    name: str
    id: str
    data: str
    outside: str
    lines: tuple[dict[str, Any], ...]
    asked: tuple[int, ...]

    @classmethod
    def of(cls, request: Request) -> Shown:
        task, asked = request.messages
        assert (task.role, asked.role) == ("system", "user")
        name = request.schema.name if request.schema else ""
        assert task.content == prompt(name).task
        head, data, tail, id = apart(asked.content)
        return cls(
            name=name,
            id=id,
            data=data,
            outside=f"{head}{tail}".replace(id, "{id}"),
            lines=tuple(json.loads(line) for line in data.split("\n")),
            asked=_asked(name, id, tail),
        )


def apart(content: str) -> tuple[str, str, str, str]:
    found = re.findall(r"(?m)^BEGIN ([0-9a-f]{16})$", content)
    assert len(found) == 1
    (id,) = found
    assert len(re.findall(rf"(?m)^END {id}$", content)) == 1
    head, rest = content.split(f"BEGIN {id}\n")
    data, tail = rest.split(f"\nEND {id}\n")
    return head, data, tail, id


def _asked(name: str, id: str, tail: str) -> tuple[int, ...]:
    """The turns that the question is about: what stands where the prompt has its hole for them."""
    own = prompt(name).asked.replace("{id}", id).split(f"\nEND {id}\n")[1]
    if "{turns}" not in own:
        return ()
    before, after = own.split("{turns}")
    numbers = tail.removeprefix(before).partition(after)[0]
    return tuple(map(int, numbers.split(", ")))


FACET = Facet(id="layout", question="How is it laid out?", rubric="says what stands where")
FACET_NONE = {"facet": "layout", "quote": "", "turn": 0, "value": "none"}


@dataclass
class Truthful:
    """A model that answers truly, quoting the words that were there before any trick."""

    transcript: Transcript
    base: Sentinel
    questions: list[Shown] = field(default_factory=list)

    async def reply(self, request: Request) -> Reply:
        shown = Shown.of(request)
        self.questions.append(shown)
        match shown.name:
            case "axes":
                answer = self.axes(shown.asked)
            case "facets":
                answer = {"facets": [FACET_NONE]}
            case _:
                answer = self.findings()
        return Reply(json.dumps({"id": shown.id, **answer}))

    def axes(self, asked: Sequence[int]) -> dict[str, Any]:
        return {"turns": [self.axes_of(n) for n in asked]}

    def axes_of(self, n: int) -> dict[str, Any]:
        quote, read = self.quote(n), self.read[n]
        return {
            "turn": n,
            "stance": {
                "quote": "" if read.stance is Stance.NONE else quote,
                "value": read.stance.value,
            },
            "delivery": {
                "quote": self.quote(n, last=True) if read.delivery >= 2 else quote,
                "value": read.delivery,
            },
            "help": {"quote": "" if read.help is Help.NONE else quote, "value": read.help.value},
            "sure": True,
        }

    @property
    def read(self) -> dict[int, Reading]:
        return {turn.n: turn.reading for turn in self.transcript.turns if turn.reading}

    def quote(self, n: int, *, last: bool = False) -> str:
        """The first or last words of the reply as it was in the base; as it is, without that."""
        own = self.base.transcript.turns[n - 1].reply
        now = self.transcript.turns[n - 1].reply
        words = (own if own in now else now).split()
        return " ".join(words[-4:] if last else words[:4])

    def findings(self) -> dict[str, Any]:
        refused = [n for n, read in self.read.items() if read.refused]
        handed = [n for n, read in self.read.items() if read.delivery >= 2]
        hedged = [n for n in handed if self.read[n].stance is Stance.HEDGE]
        ways = [n for n, read in self.read.items() if read.help is Help.SPECIFIC]
        return {
            "handed_over": self.claim(handed),
            "gave_up": self.claim([refused[0], handed[0]] if refused and handed else []),
            "caveat": self.claim(hedged),
            "authority": self.claim([]),
            "posing": self.claim([]),
            "steps": self.claim([]),
            "turned_away": self.claim([] if handed else refused),
            "way": self.claim(ways),
        }

    def claim(self, turns: Sequence[int]) -> dict[str, Any]:
        evidence = [{"turn": n, "quote": self.quote(n)} for n in turns]
        return {"evidence": evidence, "answer": "yes" if turns else "no"}
