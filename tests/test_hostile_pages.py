"""What strangers may name and ask for, on every screen: nothing of it reaches Markdown as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hostile import hostile, hostile_links, hostile_run
from screens import app_over, opened_at

from dec_core.figures.notebook import notebook
from dec_core.figures.report import report
from dec_core.reading.summary import summary

pytestmark = pytest.mark.slow

ADDRESS = "http://127.0.0.1:9"
MARKDOWN = {"body", "label", "help", "text", "caption", "delta"}  # fields of Streamlit's messages
SIGNS = (
    "![x](",
    "[a](",
    f"{ADDRESS}/bare",
    "www.127",
    ":red[",
    "$y$",
    "`z`",
    "**b**",
    ":smile:",
    ":material/home",
    "\\(w",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return hostile_run(tmp_path_factory.mktemp("hostile") / "runs", ADDRESS)


@pytest.fixture(autouse=True)
def _app(run):
    with app_over(run.path.parent):
        yield


def texts(message) -> Iterator[str]:
    """All that a message of Streamlit's holds in fields that are read as Markdown, at any depth."""
    for description, value in message.ListFields():
        repeated = value if description.is_repeated else [value]
        for each in repeated:
            if isinstance(each, str) and description.name in MARKDOWN:
                yield each
            elif hasattr(each, "ListFields"):
                yield from texts(each)


def shown(at) -> str:
    """All Markdown of a screen."""
    elements = [element for root in (at.main, at.sidebar) for element in root if element.proto is not None]
    return "\n".join(text for element in elements if element.type != "html" for text in texts(element.proto))


def signs(markdown: str) -> list[str]:
    """Of what was named, what is not escaped."""
    return [sign for sign in SIGNS if sign in markdown] + re.findall(r"(?<!\\)<(?:img|/span)", markdown)


@pytest.mark.parametrize("page", ["train", "inspect", "compare", "sweep"])
def test_no_screen_shows_it_as_markdown(run, page):
    everything = ""
    for query in hostile_links(hostile(ADDRESS), run)[page]:
        at = opened_at(page, **query)
        assert not at.exception
        everything += shown(at)
    assert signs(everything) == []
    assert "!\\[x\\](http\\:" in everything  # so it was there


def test_no_notebook_and_no_report_does(run):
    facts = summary(run)
    cells = json.loads(notebook(facts))["cells"]
    words = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert signs(words) == []
    assert "!\\[x\\](http\\:" in words
    page = report([facts]).partition("<script>")[0]
    assert "<img src='http" not in page and all("</span>" not in name or name not in page for name in hostile(ADDRESS))
