"""The pages in docs say what the figures beside them say."""

import json
from pathlib import Path

import pytest

from benchmarks import clustpy_scores, fashion, how_many, recipes, robustness, sweep_example, table, teachers

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("recipes", lambda figures: recipes.markdown(figures, clustpy_scores.section(DOCS))),
        ("fashion", fashion.markdown),
        ("teachers", teachers.markdown),
        ("robustness", robustness.markdown),
        ("how-many", how_many.markdown),
        ("reproduction", lambda figures: table.markdown(figures, table.own_presets(DOCS))),
        ("sweep", sweep_example.page),
    ],
)
def test_a_page_is_what_its_figures_make_it(name, page):
    figures = json.loads((DOCS / f"{name}.json").read_text(encoding="utf-8"))
    assert page(figures) == (DOCS / f"{name}.md").read_text(encoding="utf-8"), "write the page anew from its figures"
