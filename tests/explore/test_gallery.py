"""The gallery: a card for every component, with words for its picture."""

import html
import re
from html.parser import HTMLParser

import pytest

import rpn_edu as rpn
from rpn_edu.component import CATALOGUE
from rpn_edu.explore import contact_sheet
from rpn_edu.explore.gallery import DRAWN

terms = pytest.mark.parametrize("term", DRAWN)


@terms
def test_every_component_has_a_card_with_picture_formula_and_hyperparameters(term):
    classes = [cls for cls in CATALOGUE.values() if cls.term == term]
    sheet = contact_sheet(term)
    assert [cls.__name__ for cls in sheet.classes] == [cls.__name__ for cls in classes]
    for cls, card in zip(classes, sheet.cards, strict=True):
        words = html.unescape(re.sub(r"<[^>]*>", " ", card))
        assert cls.formula_line() in words and all(field.doc in words for field in cls.declared)
        assert re.search(rf'alt="{cls.__name__}: [^"]{{15,}}"', card)


@terms
def test_cards_are_pictures_of_different_things_and_small(term):
    cards = contact_sheet(term).cards
    assert all(len(card) < 6000 for card in cards)
    pictures = {re.search(r'src="([^"]*)"', card)[1] for card in cards}
    assert len(pictures) > 0.6 * len(cards)


def test_all_terms_that_a_formula_is_made_of_have_a_sheet():
    parts = {field.base.term for field in rpn.Formula.declared if field.kind == "part"} - {""}
    assert parts == set(DRAWN)


def test_a_sheet_is_sound_html_and_the_same_every_time():
    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            self.open += [tag] if tag not in ("img", "br") else []

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    page = contact_sheet("remainder")._repr_html_()
    parser = Balanced()
    parser.feed(page)
    assert not parser.open and page == contact_sheet("remainder")._repr_html_()


def test_an_unknown_term_is_answered_with_the_near_misses():
    with pytest.raises(LookupError, match="did you mean expansion"):
        contact_sheet("expansions")
