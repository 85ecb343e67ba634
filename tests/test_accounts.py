"""Which account a browser of a room has signed in with."""

from hypothesis import given
from hypothesis import strategies as st

from dec_core.runs.accounts import Account, account_of, sign_in, sign_out


def test_a_browser_is_an_accounts_until_it_signs_out(tmp_path):
    ada, grace = (Account.of("https://issuer", name, name) for name in ("ada", "grace"))
    sign_in(tmp_path, "aa", ada)
    sign_in(tmp_path, "bb", ada)
    sign_in(tmp_path, "bb", grace)
    assert [account_of(tmp_path, browser) for browser in ("aa", "bb", "cc")] == [ada, grace, None]
    sign_out(tmp_path, "aa")
    sign_out(tmp_path, "cc")
    assert account_of(tmp_path, "aa") is None and account_of(tmp_path, "bb") == grace


@given(st.text(), st.text(), st.text())
def test_who_it_is_follows_from_issuer_and_subject_alone(issuer, subject, name):
    account = Account.of(issuer, subject, name)
    assert account.id == Account.of(issuer, subject, "").id
    assert account.id != Account.of(issuer + "x", subject, name).id
    assert account.id != Account.of(subject + "x", issuer, name).id or subject + "x" == issuer
    assert Account.model_validate_json(account.model_dump_json()) == account


@given(content=st.binary(max_size=60))
def test_a_damaged_file_is_nobodys(tmp_path_factory, content):
    root = tmp_path_factory.mktemp("room")
    sign_in(root, "aa", Account.of("issuer", "ada", "Ada"))
    (root / ".room" / "accounts" / "aa").write_bytes(content)
    assert account_of(root, "aa") is None
