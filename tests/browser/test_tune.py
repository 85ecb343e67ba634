"""Tuning in a real browser: change one thing, compare, repeat with seeds, sweep, take away, take in again."""

import re

import pytest
from driving import button, start, wait_until
from playwright.sync_api import expect

from dec_core.reading.config_in import configs_in
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.sweeps import outcome, studies


def go(page, screen):
    page.get_by_role("link", name=screen, exact=True).click()


def open_menu(page, slot):
    page.locator(f".st-key-chip_{slot} button").first.click()


def table(page):
    return page.locator(".compared table")


def matrix(page, slot):
    return page.locator(f".st-key-matrix_{slot}").get_by_role("grid")


def compare(server, page, pair) -> None:
    """Compare two runs, the first as the reference."""
    page.goto(f"{server.address}/compare?runs={','.join(run.folder.id for run in pair)}")
    expect(table(page).locator("tbody")).to_have_count(2)


def siblings(server, config) -> list[RunFolder]:
    """All runs of a config, whatever their seed."""
    return [run for run in list_runs(server.root) if run.config.changed(random_state=0) == config and not run.sweep]


def test_change_one_thing_and_see_both(server, page, runs):
    first = runs.pair[0].folder
    page.goto(f"{server.address}/compare?runs={first.id}")
    open_menu(page, 0)
    button(page, "Change one thing").click()
    expect(page.get_by_text("Start compares the new run with")).to_be_visible()
    field = page.get_by_role("spinbutton", name="Number of images")
    field.fill("1400")
    field.press("Enter")
    wait_until(page, lambda: "n_samples=1400" in page.url)
    start(page)

    # the two stand beside each other while the second trains
    expect(table(page)).to_contain_text("Number of images")
    (second,) = siblings(server, first.config.changed(n_samples=1400))
    wait_until(page, lambda: second.status.state == "finished")
    expect(table(page).locator("tbody")).to_have_count(2)
    headings = table(page).locator("tbody th")
    expect(headings.nth(1)).to_contain_text("number of images 1400")  # what is called alike is told apart
    expect(table(page).locator("tbody").nth(1)).to_contain_text(re.compile(r"\d%|\d %"))
    curves = page.get_by_role("img", name="Curves over each other")
    expect(curves).to_be_visible()
    drawn = curves.locator(".main-svg").first  # began while the form still stood beside it
    wait_until(page, lambda: abs(drawn.bounding_box()["width"] - curves.bounding_box()["width"]) < 3)


def test_what_is_chosen_in_one_matrix_is_chosen_in_all(server, page, runs):
    compare(server, page, runs.pair)
    expect(matrix(page, 1)).to_be_visible()
    matrix(page, 0).locator('th[data-row="3"]').click()
    expect(matrix(page, 1).locator("td[data-chosen]")).to_have_count(10)
    assert {cell.get_attribute("data-row") for cell in matrix(page, 1).locator("td[data-chosen]").all()} == {"3"}
    said = page.get_by_text(re.compile(r"^\d+ selected$"))
    expect(said).to_have_count(2)
    assert int(said.nth(0).inner_text().split()[0]) == 183  # all threes among the 1 797 digits
    assert int(said.nth(1).inner_text().split()[0]) < 183
    button(page, "class 3").click()
    expect(said).to_have_count(0)


def test_maps_are_looked_into_together(server, page, runs):
    compare(server, page, runs.pair)
    whole = [page.locator(f".st-key-map_{slot} .whole") for slot in (0, 1)]
    canvas = page.locator(".st-key-map_0 canvas").first

    def zoomed() -> bool:  # while boxes are still on their way the wheel may be turned beside the map
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.wheel(0, -400)
        return whole[0].is_visible()

    wait_until(page, zoomed)
    for shown in whole:
        expect(shown).to_be_visible()
    whole[1].click()
    for shown in whole:
        expect(shown).to_be_hidden()


@pytest.mark.night  # two more runs with other seeds, and the spread of scores: test_compare_page
def test_repeated_with_three_seeds_scores_have_a_spread(server, page, runs):
    compare(server, page, runs.pair)
    config = runs.pair[1].config
    open_menu(page, 1)
    button(page, "Train 2 more").click()
    wait_until(page, lambda: sum(run.status.state == "finished" for run in siblings(server, config)) == 3)
    expect(table(page)).to_contain_text(re.compile(r"3 seeds: [\d.]+ – [\d.]+ %"))
    assert sorted(run.config.random_state for run in siblings(server, config)) == [0, 1, 2]


def test_a_sweep_of_three_trials_and_its_best(server, page, runs):
    page.goto(f"{server.address}/sweep?run={runs.pair[0].folder.id}")
    base = page.get_by_role("combobox", name="Start from")
    base.click()
    page.get_by_role("option", name=re.compile("the run in focus")).click()
    field = page.get_by_role("spinbutton", name="Number of trials")
    field.fill("3")
    field.press("Enter")
    expect(page.get_by_text(re.compile(r"^3 runs"))).to_be_visible()
    button(page, "Start the sweep").click()
    expect(page.get_by_text(re.compile(r"^3 of 3 trials"))).to_be_visible()
    (study,) = studies.names(studies.connect(f"sqlite:///{server.root}/sweeps.db"))
    rows = studies.table(studies.open_study(f"sqlite:///{server.root}/sweeps.db", study))
    best = outcome.best(rows)
    expect(page.get_by_text(f"trial {best['number']}", exact=False).first).to_be_visible()
    button(page, "Inspect").click()
    wait_until(page, lambda: f"run={best['runs'][0]}" in page.url and "/inspect" in page.url)
    expect(page.get_by_text("Where do they lie?")).to_be_visible()


def test_the_report_holds_what_was_compared_and_is_taken_in_again(server, page, runs, tmp_path):
    compare(server, page, runs.pair)
    with page.expect_download() as download:
        button(page, "Report").click()
    download.value.save_as(tmp_path / "comparison.html")
    configs = configs_in("comparison.html", (tmp_path / "comparison.html").read_bytes())
    assert [config.n_samples for config in configs] == [None, 1500]

    # it opens by itself
    alone = page.context.new_page()
    alone.goto(f"file://{tmp_path / 'comparison.html'}")
    expect(alone.get_by_role("heading", name="2 configurations compared")).to_be_visible()
    expect(alone.locator(".compared tbody")).to_have_count(2)
    expect(alone.locator(".comparison .main-svg").first).to_be_visible()
    alone.close()

    # and on the app it fills the form
    go(page, "Train")
    field = page.get_by_role("spinbutton", name="Number of images")
    expect(field).to_have_value("10000")
    button(page, "Load from a file").click()
    page.locator(".st-key-config_file input[type=file]").set_input_files(tmp_path / "comparison.html")
    expect(field).to_have_value("")
    expect(page.get_by_text(re.compile("The form now holds .* the first of 2 runs in the file"))).to_be_visible()
    wait_until(page, lambda: "hidden_units=64%2C32" in page.url and "n_samples=10000" not in page.url)
