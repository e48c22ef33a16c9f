"""Writes the pages of this folder, from those that come with the package.

python docs/reference/lint/write.py
"""

from __future__ import annotations

from pathlib import Path

from convsim.lints.codes import CODES, page_of

HERE = Path(__file__).parent
HEAD = """\
# What lint says

`convsim lint PATH...` checks scenario, fragment, suite and policy files. Every problem has a code;
`convsim lint --explain CS209` prints its page in the terminal, `convsim lint --rules` lists them
all. An *error* keeps a file from being played; a *warning* says that it measures less than it
could, and can be silenced where it stands ([how](../../how-to/lint.md#keep-a-warning)).

"""
GROUPS = {
    "0": "The file and its shape",
    "1": "The graph",
    "2": "Texts and templates",
    "3": "Evidence and proofs",
    "4": "Facets and closure",
    "5": "Arms, twins, languages",
    "6": "Rules and policy",
    "7": "Fragments and suite files",
    "8": "House-keeping",
}


def index() -> str:
    """The list of all codes, by what they are about."""
    parts = [HEAD]
    for digit, title in GROUPS.items():
        parts.append(
            f"## CS{digit}: {title}\n\n| code | | name | what it finds |\n|---|---|---|---|\n"
        )
        parts += [
            f"| [{code.id}]({code.id}.md) | {code.severity} | `{code.name}` | {code.summary} |\n"
            for code in CODES.values()
            if code.id[2] == digit
        ]
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def main() -> None:
    """Write all pages, and take away those of codes that are gone."""
    for page in HERE.glob("CS*.md"):
        if page.stem not in CODES:
            page.unlink()
    for code in CODES.values():
        (HERE / f"{code.id}.md").write_text(page_of(code), encoding="utf-8")
    (HERE / "README.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main()
