"""Problems as SARIF 2.1.0, which code scanning services show beside the lines of a change.

Only what they ask for is given: the rules with their pages, and for each result its rule, level,
message, place and a fingerprint that stays the same while lines above it come and go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from convsim.errors import Problem
from convsim.lints.codes import CODES, Code, page_of

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"


def sarif(
    problems: Sequence[Problem], version: str, address: Callable[[str], str] = lambda file: file
) -> dict[str, Any]:
    """One run of lint. `address` makes of a file's name its URI from the root of the sources."""
    used = sorted({problem.code for problem in problems})
    rules = [CODES[id] for id in used]
    driver = {
        "name": "convsim",
        "semanticVersion": version,
        "rules": [_rule(code) for code in rules],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": list(_results(problems, used, address)),
            }
        ],
    }


def _rule(code: Code) -> dict[str, Any]:
    page = page_of(code)
    return {
        "id": code.id,
        "name": "".join(part.capitalize() for part in code.name.split("-")),
        "shortDescription": {"text": code.summary},
        "fullDescription": {"text": code.summary},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": code.severity},
        "properties": {"tags": ["scenario"]},
    }


def _results(
    problems: Iterable[Problem], rules: Sequence[str], address: Callable[[str], str]
) -> Iterable[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for problem in problems:
        uri = address(problem.file)
        what = _fingerprint(problem, uri)
        seen[what] += 1
        yield {
            "ruleId": problem.code,
            "ruleIndex": rules.index(problem.code),
            "level": "warning" if problem.warning else "error",
            "message": {"text": problem.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri, "uriBaseId": _ROOT},
                        "region": {
                            "startLine": max(1, problem.line),
                            "startColumn": max(1, problem.column),
                        },
                    }
                }
            ],
            "partialFingerprints": {"primaryLocationLineHash": f"{what}:{seen[what]}"},
        }


def _fingerprint(problem: Problem, uri: str) -> str:
    """What is said, without the places and counts in it, which move with every other edit."""
    said = re.sub(r"\d+", "0", problem.message)
    return blake2b("\n".join([problem.code, uri, said]).encode(), digest_size=8).hexdigest()
