"""What strangers may name and ask for, in a real browser: nothing is fetched, and it is shown as it was typed."""

from __future__ import annotations

from urllib.parse import urlencode

from driving import opened
from hostile import hostile, hostile_links, hostile_run, listener

from benchmarks.serving import served
from dec_core.figures.markdown import JOINER
from dec_core.runs.index import entry_of
from pages.shared.components import plotly_url


def test_nothing_that_strangers_have_named_is_fetched(browser, tmp_path):
    complaints: list[str] = []  # also of what the policy forbids
    with listener() as (address, heard):
        run = hostile_run(tmp_path, address)
        page = opened(browser, complaints)
        with served(tmp_path) as (app, _):
            for screen, links in hostile_links(hostile(address), run).items():
                for query in links[:2]:
                    page.goto(f"{app}/{'' if screen == 'train' else screen}?{urlencode(query)}")
                    page.locator(".stApp[data-test-script-state=notRunning]").wait_for()
                    page.locator("[data-testid^=stBidi]").first.wait_for(state="attached")
                    assert page.locator(f".stApp [src^='{address}'], .stApp [href^='{address}']").count() == 0
            page.goto(f"{app}/compare?{urlencode({'runs': run.id})}")
            label = page.locator(".st-key-chip_0 button p").inner_text()
            answers = [page.request.get(f"{app}/{path}") for path in ("", plotly_url(), "_stcore/health")]
        page.context.close()
    assert all("default-src 'self'" in answer.headers["content-security-policy"] and answer.ok for answer in answers)
    assert label.replace(JOINER, "") == entry_of(run).marks.name
    assert heard == []
    assert complaints == []
