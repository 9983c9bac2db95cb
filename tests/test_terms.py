"""One row per term: complete, told apart, and read by everybody who shows a term."""

import re
from pathlib import Path

import pytest

import rpn_edu as rpn
from rpn_edu.course import SYMBOLS
from rpn_edu.explore.pictures.base import COLORS, HATCHES
from rpn_edu.shared.terms import BY_NAME, BY_SYMBOL, OUTPUT, PLACES, TERMS, XI

pytestmark = pytest.mark.quick
PARTS = [field for field in rpn.Formula.declared if field.kind == "part" and field.base.term]


def test_every_part_of_a_formula_has_a_row_and_the_terms_stand_in_its_order():
    assert list(dict.fromkeys(field.base.term for field in PARTS)) == [term.name for term in TERMS]
    assert {field.name for field in PARTS} <= BY_NAME.keys()
    for field in PARTS:
        assert BY_NAME[field.name].letter == BY_NAME[field.base.term].letter


@pytest.mark.parametrize("what", ["name", "letter", "latex", "say", "meaning", "code", "colour", "code_names"])
def test_no_two_terms_are_told_in_the_same_way(what):
    values = [getattr(term, what) for term in (*TERMS, OUTPUT)]
    assert all(values) and len(set(values)) == len(values)


def test_names_and_symbols_are_found_and_places_look_like_their_term():
    assert len(BY_NAME) == len(BY_SYMBOL) == len(TERMS) + len(PLACES) + 1
    assert [term.label for term in (*TERMS[:1], *PLACES, TERMS[-1])] == ["κ expansion", "ξᵃ attribute", "ξⁱ instance", "fusion"]
    for place in PLACES:
        assert place.symbol == XI.letter + place.place and (place.colour, place.hatch, place.meaning) == (XI.colour, XI.hatch, XI.meaning)


def test_the_tables_of_pictures_and_course_are_made_of_the_rows():
    for symbol, term in BY_SYMBOL.items():
        assert (COLORS[symbol], HATCHES[symbol]) == (term.colour, term.hatch)
    told = {row.symbol: row for row in SYMBOLS}
    for term in (*TERMS, OUTPUT):
        assert told[term.letter][1:6] == (term.latex, term.say, term.meaning, term.shape, term.code)


def test_what_a_row_says_stands_nowhere_else():
    own = Path(rpn.__file__).parent / "shared/terms.py"
    for path in own.parents[1].rglob("*.py"):
        text = path.read_text(encoding="utf-8") if path != own else ""
        for term in (*TERMS, OUTPUT):
            twice = [what for what in (f'"{term.meaning}"', f'"{term.symbol}": "{term.colour}"') if what in text]
            assert not twice and not re.search(rf'"{term.name}": "{term.symbol}"', text), f"{path.name}: {term.name} {twice}"
