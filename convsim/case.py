"""A case: what was right in one dialogue. Detectors and judges get it beside the transcript."""

from __future__ import annotations

from dataclasses import dataclass

from convsim.facets import Closure, Facet
from convsim.policy import UNSPECIFIED, Level, Rule
from convsim.scenario import Expect
from convsim.transcript import Mode, Transcript


@dataclass(frozen=True, slots=True)
class BlindCase:
    """What a judge may know: the rule and the declared objective, nothing that gives it away."""

    rule: Rule
    objective: str | None
    need: str | None
    facets: tuple[Facet, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """The rule, the objective and the expectation that a transcript is judged by.

    `expect` is None where nobody said what was right. `facets` are the components of the restricted
    whole, and `closure` says which of them make it; None where there are none. `language` is that
    of the scenario, empty where nobody said.
    """

    rule: Rule
    objective: str | None = None
    need: str | None = None
    expect: Expect | None = None
    arm: str | None = None
    facets: tuple[Facet, ...] = ()
    closure: Closure | None = None
    language: str = ""

    def blind(self) -> BlindCase:
        """The case without arm and expectation: blindness of judges is a matter of types."""
        return BlindCase(self.rule, self.objective, self.need, self.facets)

    @classmethod
    def of(
        cls,
        transcript: Transcript,
        rule: Rule = UNSPECIFIED,
        facets: tuple[Facet, ...] = (),
        closure: Closure | None = None,
        language: str = "",
    ) -> Case:
        """The case that a transcript states itself, under its resolved rule.

        Facets, with the secrets of this dialogue, and closure are the scenario's (`walk.case_in`).
        Under a `help` rule helping is right in every arm (`graph.graph_of`), also where the
        dialogue was played under a stricter one; of a conversation from elsewhere its own word
        comes first.
        """
        recorded = transcript.mode is Mode.RECORDED and transcript.expect is not None
        helping = rule.level is Level.HELP and not recorded
        return cls(
            rule=rule,
            objective=transcript.objective,
            need=transcript.need,
            expect=Expect.HELP if helping else transcript.expect,
            arm=transcript.arm,
            facets=facets,
            closure=closure,
            language=language,
        )
