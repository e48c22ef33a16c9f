"""Policy files, and which of them a scenario's rule is looked up in: the nearest one upward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from convsim.errors import Flaw, Problem, choices
from convsim.explain import problems_in, validated
from convsim.files import POLICY_FILE, Library, nearest_policy, shortened
from convsim.lints.policy import check as check_policy
from convsim.lints.policy import readable
from convsim.policy import Policy, Rule
from convsim.yaml12 import Document


@dataclass(frozen=True)
class Rulebook:
    """One policy file."""

    document: Document

    @cached_property
    def _read(self) -> tuple[Policy | None, list[Flaw]]:
        data = self.document.data
        if data is None:
            return None, []
        policy, flaws = validated(Policy, data)
        unread = {flaw.loc[:3] for flaw in flaws}
        found = check_policy(readable(data) if policy is None else policy)
        return policy, flaws + [flaw for flaw in found if flaw.loc[:3] not in unread]

    @property
    def file(self) -> Path:
        """Where it stands, however it was named."""
        return Path(self.document.file).resolve()

    @property
    def policy(self) -> Policy | None:
        """What it says; None where it cannot be read."""
        return self._read[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the file, warnings included."""
        return problems_in(self._read[1], self.document)


@dataclass
class Rulebooks:
    """The policy files that the scenarios of one suite cite, each read once.

    `given` is one for all of them, instead of the nearest one upward of each.
    """

    library: Library
    given: Path | None
    books: dict[Path, Rulebook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.given is not None:
            self._open(self.given)

    def _open(self, file: Path) -> Rulebook:
        key = file.resolve()
        if key not in self.books:
            self.books[key] = Rulebook(self.library.read(file))
        return self.books[key]

    def _nearest(self, file: Path) -> Rulebook | None:
        if self.given is not None:
            return self._open(self.given)
        found = nearest_policy(file)
        return None if found is None else self._open(found)

    def rule(self, cited: object, file: Path) -> tuple[Rule | None, list[Flaw]]:
        """The rule that a scenario file cites by id, and what is wrong with citing it.

        A rule written out in the file itself, or of another type, is the scenario's own business.
        """
        if cited is not None and not isinstance(cited, str):
            return None, []
        book = self._nearest(file)
        if book is None:
            code = "CS602" if cited is None else "CS603"
            return None, [Flaw(("rule",), _no_policy(cited, file), code=code)]
        if book.policy is None:
            return None, []  # what is wrong with the policy is reported at the policy
        known = book.policy.by_id
        where = f"in {book.document.file}"
        if cited is None:
            remedy = f"`rule: ID` names what is tested; {where}: {', '.join(known) or 'none'}"
            return None, [Flaw(("rule",), f"key 'rule' is missing; {remedy}", code="CS602")]
        if cited not in known:
            allowed = choices(cited, known) if known else "; there are no rules at all"
            message = f"rule '{cited}' is not {where}{allowed}"
            return None, [Flaw(("rule",), message, code="CS601")]
        return known[cited], []

    def problems(self) -> Iterator[Problem]:
        """What is wrong in the policy files, and between them."""
        first: dict[str, tuple[Rule, str]] = {}
        for book in self.books.values():
            yield from book.problems
            for index, rule in enumerate(book.policy.rules if book.policy else ()):
                document = book.document
                place = document.place(("rules", index, "id"))
                same, where = first.setdefault(
                    rule.id, (rule, f"{document.file}:{place.line}:{place.column}")
                )
                if same != rule:
                    yield Problem(
                        f"rule '{rule.id}' is defined differently at {where}; in one suite an id "
                        "means one rule, so rename one of them or make them equal",
                        document.file,
                        *place,
                        code="CS605",
                    )

    def merged(self) -> Policy:
        """One policy that holds the rules of all."""
        policies = [book.policy for book in self.books.values() if book.policy is not None]
        if len(policies) == 1:
            return policies[0]
        rules = {rule.id: rule for policy in policies for rule in policy.rules}
        ids = dict.fromkeys(policy.id for policy in policies)
        return Policy(id="+".join(ids) or "policy", rules=tuple(rules.values()))


def _no_policy(cited: str | None, file: Path) -> str:
    looked = f"no {POLICY_FILE} in {shortened(file.resolve().parent)} or any folder above it"
    if cited is None:
        return f"key 'rule' is missing, and there is {looked}; write {POLICY_FILE} and cite a rule"
    return (
        f"rule '{cited}' cannot be looked up: there is {looked}; write one with "
        f"`rules: [{{id: {cited}, level: limit, text: ...}}]`, or name one with `--policy FILE`"
    )
