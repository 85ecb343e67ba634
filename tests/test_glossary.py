"""The glossary: a sentence for everything, and tooltips and docs that say the same."""

from pathlib import Path

import pytest

from dec_core.config import RunConfig
from dec_core.fields import fields
from dec_core.glossary import CONCEPTS, FIELD_TERMS, keys, page, term, tooltip

DOCS = Path(__file__).parents[1] / "docs" / "glossary.md"


def test_every_choice_of_a_run_stands_in_the_glossary():
    assert set(FIELD_TERMS) == set(RunConfig.model_fields)
    assert not set(FIELD_TERMS) & set(CONCEPTS)  # a key means one thing


@pytest.mark.parametrize("key", keys())
def test_a_term_has_a_name_and_one_sentence_and_its_formula_is_whole(key):
    word = term(key)
    assert word.name and word.sentence.endswith(".")
    assert word.formula.count("{") == word.formula.count("}") and "|" not in word.formula and "$" not in word.formula
    assert word.sentence in tooltip(key) and word.source in tooltip(key)


def test_a_field_says_in_the_glossary_what_its_tooltip_says():
    assert all(term(name).sentence == field["help"] for name, field in fields().items())
    assert "DEC, equation 1" in tooltip("alpha") and r"\alpha" in tooltip("alpha")
    assert "alpha=1.0" in term("alpha").tutorial


def test_a_tooltip_explains_the_terms_that_it_uses():
    for key in keys():
        for needed in term(key).needs:
            assert f"**{term(needed).name}.** {term(needed).sentence}" in tooltip(key)
    assert set(term("kl").needs) == {"z", "q", "p"} and tooltip("kl").index("Keras") > tooltip("kl").index("DEC")


def test_no_two_concepts_have_one_name():
    assert len({word.name for word in CONCEPTS.values()}) == len(CONCEPTS)


def test_what_is_no_term_is_refused():
    with pytest.raises(KeyError):
        term("ite")


def test_the_page_in_docs_is_the_glossary():
    assert DOCS.read_text(encoding="utf-8") == page(), "make it anew: python -m dec_core glossary > docs/glossary.md"
