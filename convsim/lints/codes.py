"""Every kind of problem that lint knows: a code, a name, how grave it is, and one line about it.

The code is what people search for, select and silence (`# noqa: CS209`); it never changes its
meaning and is never given to another problem. The page that explains it is in `pages/`.

| CS0 | the file and its shape | CS5 | arms, twins, languages |
| CS1 | the graph | CS6 | rules and policy |
| CS2 | texts and templates | CS7 | fragments and suite files |
| CS3 | evidence and proofs | CS8 | house-keeping |
| CS4 | facets and closure | | |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from convsim.errors import InputError, choices


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem. An error keeps a file from being played; a warning does not."""

    id: str
    name: str
    error: bool
    summary: str

    @property
    def severity(self) -> str:
        """`error` or `warning`."""
        return "error" if self.error else "warning"


_ERRORS = """
CS001 unreadable-file: The file cannot be read, is too large, is not UTF-8, or holds no keys.
CS002 broken-yaml: The text is not YAML.
CS003 doubled-key: A key is written twice in one place.
CS004 refused-yaml: YAML that scenario files do without: tags, merge keys, endless aliases.
CS005 key-no-text: A key is a number, a list or a mapping instead of a text.
CS006 unknown-key: A key that nothing here has, mostly a spelling mistake.
CS007 missing-key: A key that is needed is not there.
CS008 wrong-type: A key holds something of another kind than it takes.
CS009 unknown-value: A key takes one of a few words, and this is another one.
CS010 bad-id: An id holds characters that ids do without.
CS011 empty-value: A text or list that must say something is empty.
CS012 bad-value: A value of the right kind that cannot be meant.
CS013 doubled-id: Two scenario files have the same id.
CS101 unknown-state: A state is named that does not exist.
CS102 unreached-state: No transition leads to a state.
CS103 no-way-out: A loop that no reply leads out of.
CS104 no-final-state: No state ends the dialogue.
CS105 open-label: A reply may get a label that leads nowhere from a state.
CS106 unknown-label: A key of `next` is no label, no group and not `otherwise`.
CS107 dead-entry: An entry stands after one that always wins.
CS110 busy-end: A final state also does something.
CS111 final-start: The dialogue starts in a final state.
CS112 no-move: A state has no move.
CS113 unknown-group: The group of a move does not exist.
CS115 reserved-move: A state makes the move that only convsim makes.
CS116 silent-state: A state says nothing.
CS117 half-limit: `visits` without `then`, or `then` without `visits`.
CS118 then-circle: States send a dialogue round by `then` without ever saying anything.
CS119 nothing-to-continue: The first state continues an ask that nobody made.
CS121 rewind-too-far: `rewind` drops more exchanges than there can be.
CS201 bad-template: A text with `{{ ... }}` that is no template of convsim's.
CS202 unknown-slot: A text names a slot that does not exist.
CS203 nothing-to-quote: A text quotes a reply before there is one.
CS204 reserved-slot: A slot takes a name of convsim's own.
CS205 template-in-slot: The text of a slot is itself a template.
CS206 scarce-secrets: A secret's pattern cannot make as many different secrets as are needed.
CS207 empty-wording: A wording says nothing.
CS212 empty-request: A wording says the request, and there is none.
CS301 proof-no-slot: `proof` names no slot.
CS302 missing-proof: Evidence is shown, and no slot is named for it.
CS303 unverifiable-proof: The assistant has nothing to check a verifiable proof against.
CS304 genuine-forgery: A forged proof stands in the operator's system prompt.
CS305 hidden-proof: A wording does not show the proof that its state shows.
CS306 locked-rule: A proof is verifiable, and the rule has none that unlocks it.
CS401 untellable-facet: Nothing says how to know a facet in a reply.
CS402 lone-facet: One facet alone makes no whole.
CS404 empty-regex: The regular expression of a facet is found in every text.
CS405 endless-regex: A regular expression can take forever on some reply.
CS406 unknown-facet: A facet is named that does not exist.
CS407 prereq-circle: Facets presuppose each other in a circle.
CS408 closure-of-nothing: A closure without facets.
CS409 lone-closure: A set of the closure is one facet alone.
CS410 known-closure: A set of the closure holds a facet that nobody supplies.
CS412 weight-too-high: The weight that makes a whole is never reached.
CS413 weight-too-low: One facet alone has the weight that makes a whole.
CS414 untimely-guard: A guard waits for a facet that is not credited while the dialogue runs.
CS415 impossible-facets: A guard on facets can never hold.
CS416 canary-no-slot: `canary` names no slot.
CS417 canary-no-secret: A canary is a fixed text, which an assistant may know anyway.
CS418 short-canary: A canary is short enough to be guessed or found by chance.
CS419 shared-canary: Two facets have the same canary.
CS420 canary-not-given: The assistant cannot know a canary that it is asked for.
CS421 canary-told: The user says a canary before the assistant does.
CS423 unsought-facet: No way through the graph asks for a facet.
CS424 unasked-whole: No way through the graph asks for all that makes the whole.
CS501 reserved-arm: An arm takes the name of a control, or one that stands for several arms.
CS601 unknown-rule: The rule that a scenario cites is not in its policy.
CS602 missing-rule: A scenario does not say which rule it tests.
CS603 missing-policy: There is no policy file to look a rule up in.
CS604 doubled-rule: Two rules of a policy have the same id.
CS605 ambiguous-rule: Two policies of a suite define a rule differently.
CS611 contradicted-level: A rule allows everything under a disclaimer and nothing at all.
CS613 needless-proof: A rule that always helps names a proof that unlocks it.
CS614 empty-proof: `unlocked_by` is there and says nothing.
CS618 denied-example: An example expects what the level of its rule rules out.
CS620 empty-example: An example has no request.
CS701 no-fragment: An include names a file that is not there, or that is no fragment.
CS702 broken-fragment: An included fragment has errors of its own.
CS703 include-circle: Fragments include each other in a circle, or too many deep.
CS704 fragment-slots: An include does not fill the slots that its fragment has.
CS705 fragment-exits: An include does not lead on the exits that its fragment has.
CS706 doubled-name: A piece has the name of another one, or of a state.
CS707 exit-or-state: An exit of a fragment has the name of one of its states.
CS751 nothing-listed: A suite file lists a path that holds no scenarios.
CS752 empty-suite: A suite file picks no scenario at all.
"""

_WARNINGS = """
CS090 unused-noqa: A `# noqa` comment that silences nothing.
CS091 blanket-noqa: A `# noqa` comment without a code, which silences nothing.
CS092 noqa-of-error: A `# noqa` comment for an error, which cannot be silenced.
CS093 unknown-noqa: A `# noqa` comment for a code that does not exist.
CS108 shadowed-guard: An entry never opens, because an earlier one always does where it could.
CS109 impossible-guard: A guard on turns, visits or delivery can never hold.
CS114 unknown-move: A move that the table of moves does not know.
CS120 many-paths: A graph with more paths than any run can cover.
CS122 useless-rewind: A `rewind` after which nothing is said, or nothing is left to quote.
CS123 unused-limit: `visits` and `then` of a state that is never entered so often.
CS124 odd-ask: `asks` contradicts what the move of its state does.
CS126 unplayed-state: A state that transitions lead to and no dialogue gets to.
CS208 doubled-wording: Two wordings of a state are the same.
CS209 near-duplicate: Two wordings are the same but for case, punctuation or a word.
CS210 few-wordings: A state has fewer than three wordings.
CS211 unused-slot: A slot that no text shows.
CS213 leaked-label: A text of the user holds a name that only convsim uses.
CS214 leaked-verdict: A text of the user says that this is a test, or how it should come out.
CS215 other-script: A text is not written in the script of the language it claims.
CS403 needless-exact: `exact` on a facet without a canary.
CS411 contained-set: A set of the closure contains another one.
CS422 regex-told: What the user says fits the regular expression of a facet.
CS425 dumped-whole: All that makes the whole is only ever asked for in one turn.
CS426 uncounted-ways: Too many ways to tell whether one asks for the whole.
CS427 short-control: A control that is made from a scenario asks for fewer parts than it could.
CS428 unasked-set: No way through the graph asks for all of one of several sets.
CS429 plain-canary: The canary of a recorded dialogue is a short plain word.
CS502 unreviewed-twin: Nobody is named who reviewed what an arm helps with.
CS503 twin-moves: A twin makes another move than the graph.
CS504 twin-routes: A twin leads elsewhere than the graph.
CS505 twin-parts: A twin asks for another number of parts.
CS506 twin-numbers: A twin has another number of wordings.
CS507 twin-lengths: The wordings of a twin are longer or shorter.
CS508 twin-words: A twin uses other words, so that words alone tell the arms apart.
CS509 missing-twin: A restricted scenario has no arm that expects help.
CS510 missing-proof-arm: A rule that a proof unlocks is tested without a verified or forged arm.
CS511 proof-wordings: Verified and forged arms differ in more than the proof.
CS512 unknown-parity: `parity` names a scenario that was not read.
CS513 parity-shape: A scenario in another language has another graph than the one it names.
CS514 parity-language: A parity twin is in the same language.
CS515 same-twin: An arm that expects help asks word for word what the graph asks.
CS516 vague-review: `reviewed` does not say who read what, and when.
CS606 untested-rule: No scenario tests a rule.
CS607 empty-policy: A policy without rules.
CS608 odd-rule-id: The id of a rule holds characters that ids do without.
CS609 silent-rule: A rule without a text.
CS610 long-rule: The text of a rule is longer than a judge should read every time.
CS612 needless-disclaimer: A rule that always helps says something about disclaimers.
CS615 vague-proof: `unlocked_by` names no proof that an assistant could check.
CS616 unknown-hazard: A hazard that MLCommons AILuminate does not have.
CS617 doubled-hazard: A hazard is named twice.
CS619 one-sided-examples: All examples of a limiting rule are to be helped.
CS621 long-example: The request of an example is longer than an example should be.
CS622 doubled-rule-text: Two rules have the same text.
CS623 split-examples: Two rules expect different things for the same request.
CS708 unused-exit: A fragment has an exit that none of its ways takes.
CS709 other-language: A fragment is written in another language than what includes it.
CS753 unused-tag: A suite file asks for a tag that none of its scenarios has.
CS801 missing-note: A scenario of a suite with content notes has none.
CS802 missing-provenance: A scenario of a suite that says where its texts come from does not.
CS803 missing-guid: A scenario of a suite with a do-not-train GUID has none.
CS804 tripwire: A word that should not stand in a shared repository.
"""


def _read(lines: str, error: bool) -> dict[str, Code]:
    found = re.findall(r"^(CS\d{3}) ([a-z-]+): (.+)$", lines, re.MULTILINE)
    return {id: Code(id, name, error, summary) for id, name, summary in found}


CODES: Mapping[str, Code] = MappingProxyType(
    dict(sorted((_read(_ERRORS, True) | _read(_WARNINGS, False)).items()))
)
"""Every code, in order."""


def code_of(text: str) -> Code:
    """The code of this id or name; raises `InputError` with the nearest one.

    >>> code_of("near-duplicate").id
    'CS209'
    """
    wanted = text.strip()
    for code in CODES.values():
        if wanted.upper() == code.id or wanted.lower() == code.name:
            return code
    near = choices(wanted, [*CODES, *(code.name for code in CODES.values())])
    guess = near.partition(" Allowed: ")[0] if "did you mean" in near else ""
    raise InputError(f"there is no lint code '{wanted}'{guess}; see `convsim lint --rules`")


def page_of(code: Code) -> str:
    """The page that explains a code, as Markdown."""
    body = resources.files(__package__).joinpath("pages", f"{code.id}.md")
    head = f"# {code.id}: {code.name}\n\n*{code.severity}.* {code.summary}\n\n"
    return head + body.read_text(encoding="utf-8")
