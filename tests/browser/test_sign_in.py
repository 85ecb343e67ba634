"""Signing in with a real provider: whose runs are whose follows the person, not the browser."""

from driving import DIGITS, button, link_of, opened, served_plainly, start
from oidc_provider import CLIENT, SECRET, provider
from playwright.sync_api import expect

from dec_core.runs.folder import list_runs
from dec_core.runs.room_files import new_instructor_token

SECRETS = """[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "for this test alone"
client_id = "{client}"
client_secret = "{secret}"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


def sign_in(page, address, person):
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=person).click()
    expect(page.get_by_role("button", name=f"You are {person}")).to_be_visible()


def test_a_run_is_its_owners_in_another_browser_and_nobodys_who_has_not_signed_in(tmp_path, browser):
    runs, home = tmp_path / "runs", tmp_path / "home"
    runs.mkdir()
    (home / ".streamlit").mkdir(parents=True)
    with provider() as issuer, served_plainly(runs, DEC_ROOM="1", HOME=str(home)) as (address, _):
        secrets = SECRETS.format(app=address, client=CLIENT, secret=SECRET, provider=issuer)
        (home / ".streamlit" / "secrets.toml").write_text(secrets, encoding="utf-8")
        at_work, at_home, other, instructor = (opened(browser, []) for _ in range(4))

        sign_in(at_work, address, "Ada")
        at_work.goto(address + link_of(DIGITS, max_iterations=100_000))
        start(at_work)
        expect(button(at_work, "Pause")).to_be_enabled()
        (run,) = [run for run in list_runs(runs) if run.owner]  # others come along

        sign_in(at_home, address, "Ada")  # and lands on what she trains
        expect(button(at_home, "Pause")).to_be_enabled()
        news = f"{address}/news?of=run:{run.id}"
        other.goto(f"{address}/?run={run.id}")
        expect(other.get_by_role("button", name="Sign in")).to_be_visible()
        assert [page.request.head(news).status for page in (at_home, other)] == [200, 404]
        sign_in(other, address, "Grace")
        expect(button(other, "Pause")).to_have_count(0)
        assert other.request.head(news).status == 404

        at_home.get_by_role("button", name="You are Ada").click()
        at_home.get_by_role("button", name="Sign out").click()
        expect(at_home.get_by_role("button", name="Sign in")).to_be_visible()
        assert [page.request.head(news).status for page in (at_work, at_home)] == [200, 404]

        instructor.goto(f"{address}/instructor?token={new_instructor_token(runs)}")
        instructor.goto(f"{address}/?run={run.id}")
        button(instructor, "Stop").click()
        expect(button(at_work, "Resume")).to_be_enabled()
