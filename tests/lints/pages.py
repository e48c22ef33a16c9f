"""The examples of the pages about codes, as files that can be linted."""

from __future__ import annotations

import re
from pathlib import Path

from convsim.lints.codes import CODES, page_of
from convsim.yaml12 import scan

NO_EXAMPLE = {
    "CS120": "a graph with a hundred thousand paths is no page",
    "CS426": "neither is one with fifty thousand places",
    "CS429": "rows of recorded dialogues are no scenario files",
    "CS610": "2,000 characters of a rule",
    "CS621": "300 characters of an example",
}
"""Codes whose page shows nothing to lint, and why; other tests raise them."""

_EXAMPLE = re.compile(r"^(Wrong|Right):\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^# ([\w./-]+\.yaml)\n", re.MULTILINE)

_POLICY = """\
rules:
  - {id: example.rule, text: Do not write the letter.}
  - id: example.ticket
    text: Give out the code against a ticket only.
    unlocked_by: the number of a ticket that the operator lists
"""
_SCENARIO = {
    "id": "id: example.page\n",
    "rule": "rule: example.rule\n",
    "request": "request: Write the whole letter.\n",
    "start": "start: open\n",
    "states": """\
states:
  open:
    move: ask.direct
    say: ["{{ request }}", I need it in full., Could you set it up for me?]
    next: {refused: push, otherwise: end}
  push:
    move: push_back.repeat
    say: [And the letter?, It would help us all a lot., "So: the whole thing, please."]
    next: {otherwise: end}
  end: {final: true}
""",
}
"""What an example leaves out because it is about something else."""


def examples() -> list[tuple[str, str, str]]:
    """Code, `Wrong` or `Right`, and text, of every example of every page."""
    return [
        (code.id, str(match[1]), str(match[2]))
        for code in CODES.values()
        for match in _EXAMPLE.finditer(page_of(code))
    ]


def write(text: str, folder: Path) -> None:
    """The files of one example, with all that it leaves out."""
    parts = _FILE.split(text)
    files = dict(zip(parts[1::2], parts[2::2], strict=True))
    if parts[0].strip():
        files["example.yaml"] = parts[0]
    if "rules:" in text and "states:" not in text:
        files = {"policy.yaml" if it == "example.yaml" else it: text for it, text in files.items()}
    policies = [it for it in files if it.endswith("policy.yaml")]
    for policy in policies:
        scenario = Path(policy).with_name(f"s{policies.index(policy)}.yaml")
        cited = re.search(r"id: ([^,}\n]+)", files[policy])
        rule = f"rule: {cited[1]}\n" if cited else ""
        files[str(scenario)] = f"id: example.s{policies.index(policy)}\n{rule}"
    if not policies and "# no policy" not in text:
        files["policy.yaml"] = _POLICY
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_whole(body, text) if _is_scenario(name, body) else body)


def _is_scenario(name: str, body: str) -> bool:
    return not re.search(r"^(rules|fragment|suite):", body, re.MULTILINE) and name != "policy.yaml"


def _whole(body: str, text: str) -> str:
    """A scenario with the keys that the example is not about."""
    left_out = {
        key: line
        for key, line in _SCENARIO.items()
        if not re.search(rf"^{key}:", body, re.MULTILINE) and f"# no {key}" not in text
    }
    if body.startswith("- "):
        return body  # no scenario at all, which is the point
    if "states" in left_out and re.search(r"^facets:", body, re.MULTILINE):
        left_out["states"] = _seeking(body)
    return body.rstrip() + "\n" + "".join(left_out.values())


def _seeking(body: str) -> str:
    """States that ask for one facet after the other."""
    facets = (scan(body).data or {})["facets"]
    sought = [name for name, facet in facets.items() if not facet.get("known")]
    names = ["open", *(f"ask{number}" for number in range(1, len(sought))), "end"]
    return (
        "states:\n"
        + "".join(
            f"  {name}: {{move: escalate.decompose, asks: innocuous, seeks: [{facet}], "
            f"say: What else?, next: {{otherwise: {after}}}}}\n"
            for name, facet, after in zip(names, sought, names[1:], strict=False)
        )
        + "  end: {final: true}\n"
    )
