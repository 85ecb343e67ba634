"""What strangers may name and ask for, in a real browser: nothing is fetched, and it is shown as it was typed."""

from __future__ import annotations

import shutil
from urllib.parse import urlencode

import pytest
from driving import opened
from hostile import hostile, hostile_links, hostile_run, listener

from dec_core.data import own
from dec_core.figures.markdown import JOINER
from dec_core.runs.index import entry_of
from pages.shared.components import plotly_url


@pytest.fixture
def strangers(server):
    """Where names of strangers lead, what was asked for there, and a run that is named so; it is gone afterwards."""
    with listener() as (address, heard):
        run = hostile_run(server.root, address)
        data = server.root / own.FOLDER / f"{run.config.dataset}.npz"
        yield address, heard, run
        shutil.rmtree(run.path)
        data.unlink()


def test_nothing_that_strangers_have_named_is_fetched(server, browser, strangers):
    address, heard, run = strangers
    complaints: list[str] = []  # also of what the policy forbids
    page = opened(browser, complaints)
    for screen, links in hostile_links(hostile(address), run).items():
        for query in links[:2]:
            page.goto(f"{server.address}/{'' if screen == 'train' else screen}?{urlencode(query)}")
            page.locator(".stApp[data-test-script-state=notRunning]").wait_for()
            page.locator("[data-testid^=stBidi]").first.wait_for(state="attached")
            assert page.locator(f".stApp [src^='{address}'], .stApp [href^='{address}']").count() == 0
    page.goto(f"{server.address}/compare?{urlencode({'runs': run.id})}")
    label = page.locator(".st-key-chip_0 button p").inner_text()
    answers = [page.request.get(f"{server.address}/{path}") for path in ("", plotly_url(), "_stcore/health")]
    page.context.close()
    assert all("default-src 'self'" in answer.headers["content-security-policy"] and answer.ok for answer in answers)
    assert label.replace(JOINER, "") == entry_of(run).marks.name
    assert heard == []
    assert complaints == []
