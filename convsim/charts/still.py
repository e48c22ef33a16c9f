"""A still image of a chart: an SVG with nothing in it that acts, and a title on every mark.

Vega writes what a mark stands for as `aria-label`, which nobody sees. A `<title>` is shown by a
browser without a script, where the mouse rests. What else it writes for live charts goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"

ELEMENTS = frozenset(
    {
        *("svg", "g", "path", "rect", "line", "circle", "text", "tspan", "title"),
        *("defs", "clipPath", "linearGradient", "stop"),
    }
)
"""What a chart is made of. Anything else, a script or a foreign object above all, is no chart."""

_REFERENCE = re.compile(r"url\(['\"]?#([^)'\"]+)['\"]?\)")
_NEEDLESS = re.compile(r"aria-|role$|pointer-events$|class$|version$|href$|on|cursor$")


def still(svg: str, about: str, *, paint: Mapping[str, str] | None = None) -> str:
    """The image as it stands in a page or a file; `about` is what it is called.

    `paint` says which colours a page has others for, as CSS. Raises `ValueError` where the image
    holds what no chart is made of.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - vl-convert wrote it, and it has no entities
    for element in list(root.iter()):
        name = element.tag.removeprefix(f"{{{SVG}}}")
        if name not in ELEMENTS:
            raise ValueError(f"a chart holds <{name}>")
        element.tag = name
        _label(element)
        for attribute in [it for it in element.attrib if _NEEDLESS.match(it.rpartition("}")[2])]:
            del element.attrib[attribute]
        _paint(element, paint or {})
    _prune(root)
    _rename(root, re.sub(r"\W+", "-", about))
    root.attrib |= {"xmlns": SVG, "role": "img", "aria-label": about}
    return ElementTree.tostring(root, encoding="unicode")


def _label(element: ElementTree.Element) -> None:
    """The words of a mark, as a title; an axis or a legend needs none."""
    is_mark = element.get("aria-roledescription") not in (None, "axis", "legend", "header")
    if (words := element.get("aria-label")) and is_mark and len(element) == 0:
        title = ElementTree.SubElement(element, "title")
        title.text = words


def _paint(element: ElementTree.Element, paint: Mapping[str, str]) -> None:
    """The colours that a page has others for, as a style, where CSS variables count."""
    colors = {name: element.get(name, "") for name in ("fill", "stroke")}
    styles = [f"{name}:{paint[color]}" for name, color in colors.items() if color in paint]
    if styles:
        element.set("style", ";".join(styles))


def _rename(root: ElementTree.Element, prefix: str) -> None:
    """Ids of its own: Vega counts them on through the process, and a page has several images."""
    known = [element.get("id", "") for element in root.iter() if "id" in element.attrib]
    names = {id: f"{prefix}-{n}" for n, id in enumerate(known, 1)}
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute == "id":
                element.set(attribute, names[value])
            elif (found := _REFERENCE.fullmatch(value)) and found[1] in names:
                element.set(attribute, f"url(#{names[found[1]]})")


def _prune(element: ElementTree.Element) -> None:
    """Take out what draws nothing: empty paths and groups, backgrounds of no size."""
    for child in list(element):
        _prune(child)
        empty = child.tag == "path" and child.get("d") in ("", "M0,0h0v0h0Z")
        if empty or (child.tag == "g" and len(child) == 0):
            element.remove(child)
