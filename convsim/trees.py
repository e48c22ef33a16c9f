"""The trees of files, changed: other names to lead to, and texts in place of slots.

A tree is not validated yet, so that anything may stand anywhere: what has another shape than a
state has is left as it is, to be complained of later. Places are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from convsim.templates import names_in, substitute
from convsim.yaml12 import Node

Change = Callable[[Node], Node]


def with_children(node: Node, children: Mapping[str | int, Node]) -> Node:
    """A node with other children under its keys."""
    data = {key: child.data for key, child in children.items()}
    return replace(node, data=data, children=dict(children))


def _at(changes: Mapping[str, Change]) -> Change:
    """Changes what stands under some keys, where there are keys."""

    def changed(node: Node) -> Node:
        if not isinstance(node.data, dict) or not changes.keys() & node.children.keys():
            return node
        return with_children(
            node,
            {
                key: changes[str(key)](child) if key in changes else child
                for key, child in node.children.items()
            },
        )

    return changed


def _each(change: Change) -> Change:
    """Changes every entry of a list, or every value under a key."""

    def changed(node: Node) -> Node:
        if isinstance(node.data, dict):
            return with_children(node, {key: change(child) for key, child in node.children.items()})
        if isinstance(node.data, list):
            children = {index: change(child) for index, child in node.children.items()}
            data = [child.data for child in children.values()]
            return replace(node, data=data, children=children)
        return node

    return changed


def _text(change: Callable[[str], str]) -> Change:
    """Changes a text, or each text of a list."""

    def changed(node: Node) -> Node:
        if isinstance(node.data, str):
            return replace(node, data=change(node.data))
        return _each(changed)(node) if isinstance(node.data, list) else node

    return changed


def led_state(node: Node, names: Mapping[str, str]) -> Node:
    """A state that leads to other names: in `next` and `then`, and in what its guards count."""
    name = _text(lambda text: names.get(text, text))

    def keys(node: Node) -> Node:
        if not isinstance(node.data, dict):
            return node
        return with_children(
            node, {names.get(str(k), k): child for k, child in node.children.items()}
        )

    entry = _at({"to": name, "if": _at({"visits": keys})})

    def leads(node: Node) -> Node:
        return name(node) if isinstance(node.data, str) else _each(entry)(node)

    return _at({"then": name, "next": _each(leads)})(node)


def led(key: str, node: Node, names: Mapping[str, str]) -> Node:
    """What stands under a key of a scenario, with the names of pieces resolved to states."""
    states = _each(lambda state: led_state(state, names))
    changes: dict[str, Change] = {
        "start": _text(lambda text: names.get(text, text)),
        "states": states,
        "arms": _each(_at({"states": states})),
    }
    return changes[key](node) if key in changes else node


def filled(node: Node, slots: Mapping[str, str]) -> Node:
    """A state with the slots of its fragment filled.

    A proof is the name of a slot: where that is one of the fragment's, it is the one slot of the
    scenario that fills it.
    """
    text = _text(lambda wording: substitute(wording, slots))

    def proof(name: str) -> str:
        inside = names_in(slots[name]) if name in slots else ()
        return next(iter(inside)) if len(inside) == 1 else name

    guard = _at({"has": text, "lacks": text})
    return _at(
        {
            "say": text,
            "seeks": text,
            "proof": _text(proof),
            "next": _each(_each(_at({"if": guard}))),
        }
    )(node)
