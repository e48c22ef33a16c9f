"""States as boxes: everything fits."""

from __future__ import annotations

from hypothesis import given

from convsim.drawing.cards import INSIDE, card_of
from convsim.drawing.markup import NAME, SMALL
from convsim.drawing.picture import Picture, picture_of
from convsim.drawing.text import width
from tests.drawing.shapes import DEMO, pictures


@given(pictures())
def test_words_and_marks_fit_their_box(picture: Picture) -> None:
    for place in picture.places.values():
        card = card_of(place, None)
        for text in card.texts:
            bold = text.kind == "name"
            assert width(text.text, NAME if bold else SMALL, bold=bold) <= INSIDE
        for row in card.chips:
            assert max(chip.x + chip.wide for chip in row) <= INSIDE
        assert card.size.width > INSIDE
        assert [chip.kind for row in card.chips for chip in row] == [it.kind for it in place.marks]


def test_a_final_state_is_as_wide_as_its_name() -> None:
    places = picture_of(DEMO).places
    assert card_of(places["end"], None).size.width < card_of(places["open"], None).size.width / 2
