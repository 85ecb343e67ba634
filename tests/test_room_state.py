"""Nicknames, and what else is set in a room: what may be kept, how it is kept, and that damage is survived."""

import json
import stat
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dec_core.runs.lock import file_lock
from dec_core.runs.nickname import MAX_LETTERS, nickname
from dec_core.runs.room_state import (
    MOST_NAMES,
    MOST_PREPARED,
    Exhibit,
    Prepared,
    RoomState,
    change_room,
    keep_prepared,
    room_state,
    set_nickname,
)

ROOT = Path(__file__).parents[1]
ANNA = "a" * 16
GOOD = [
    "Ada",
    "Ada Lovelace",
    "محمد",
    "李雷",
    "नमस्ते",
    "می\u200cخواهم",
    "Zoë",
    "O'Brien-2",
    "<b>*Ana*</b>",
    "\U0001f98a",
    "3",
]
BAD = {
    "too long": "x" * (MAX_LETTERS + 1),
    "a null": "A\0da",
    "an escape": "A\x1b[31mda",
    "right to left from here": "Ada\u202egnp.exe",
    "an isolate": "\u2066Ada",
    "a byte-order mark": "\ufeffAda",
    "half a pair": "Ada\ud800",
    "private use": "Ada\ue000",
    "marks alone": "\u0301\u0301",
    "joiners alone": "\u200d\u200d",
}


@pytest.mark.parametrize("text", GOOD)
def test_names_in_any_script_are_nicknames(text):
    assert nickname(text) == nickname(f"  {text}\n") == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_too_long_or_cannot_be_seen_is_none(text):
    with pytest.raises(ValueError, match=r"^name: received .*"):
        nickname(text)


@given(st.text(max_size=120))
def test_a_nickname_is_short_visible_and_stays_what_it_is(text):
    try:
        name = nickname(text)
    except ValueError as error:
        assert "expected" in str(error)
        return
    assert len(name) <= MAX_LETTERS and name == name.strip() and nickname(name) == name
    assert not any(unicodedata.category(letter)[0] == "C" and letter not in "\u200c\u200d" for letter in name)
    assert name.isprintable() or "\u200c" in name or "\u200d" in name


RUN_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
QUERIES = st.dictionaries(TEXTS, TEXTS, max_size=4)
STATES = st.builds(
    RoomState,
    names=st.dictionaries(st.from_regex("[0-9a-f]{16}", fullmatch=True), TEXTS, max_size=4),
    projector=st.just("") | RUN_IDS,
    exhibit=st.none() | st.builds(Exhibit, st.sampled_from(["train", "inspect"]), QUERIES, st.tuples(RUN_IDS)),
    prepared=st.dictionaries(TEXTS, st.builds(Prepared, TEXTS, QUERIES, st.tuples(TEXTS)), max_size=3),
    cleared=st.tuples(RUN_IDS),
)


@settings(max_examples=40)
@given(before=STATES, after=STATES)
def test_what_is_set_is_what_another_server_reads(tmp_path_factory, before, after):
    root = tmp_path_factory.mktemp("room")
    for state in (before, after):
        assert change_room(root, lambda _, state=state: state) == state == room_state(root)
    assert list((root / ".room").glob("*.tmp")) == []


def test_nothing_is_set_at_first_and_nothing_is_written_for_that(tmp_path):
    assert room_state(tmp_path) == change_room(tmp_path, lambda room: room) == RoomState()
    assert list(tmp_path.iterdir()) == []


DAMAGED = ["", "{", "[]", "null", '{"names": []}', '{"names": {"a": 5}}', '{"projector": "../secret"}',
           '{"projector": "a/b"}', '{"exhibit": {"page": "../x"}}', '{"exhibit": {"page": "train", "runs": [".."]}}',
           json.dumps({"names": {ANNA: "x" * 41}}), '{"prepared": {"a": {}}}', "[" * 5000]  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_sets_nothing_and_is_replaced(tmp_path, text):
    set_nickname(tmp_path, ANNA, "Ada")
    (tmp_path / ".room" / "state.json").write_text(text)
    assert room_state(tmp_path) == RoomState()
    assert set_nickname(tmp_path, ANNA, "Grace") == "Grace" == room_state(tmp_path).names[ANNA]


@pytest.mark.parametrize("projector", ["../secret", "a/b", "x" * 101, "..", "a\n"])
def test_what_could_not_be_read_is_not_written(tmp_path, projector):
    set_nickname(tmp_path, ANNA, "Ada")
    with pytest.raises(ValueError, match="projector"):
        change_room(tmp_path, lambda room: replace(room, projector=projector))
    assert room_state(tmp_path).names == {ANNA: "Ada"}


def test_what_is_too_long_is_refused_in_a_sentence(tmp_path):
    shown = Exhibit("inspect", {"index": "1," * 6000})
    with pytest.raises(
        ValueError, match=r"^exhibit\.query\.index: received '1,1,.{60,80}, but string should have at most"
    ):
        change_room(tmp_path, lambda room: replace(room, exhibit=shown))


def test_a_nickname_is_changed_and_taken_back(tmp_path):
    set_nickname(tmp_path, ANNA, "Ada"), set_nickname(tmp_path, "b" * 16, "Ben")
    assert set_nickname(tmp_path, ANNA, " Ada   L. ") == "Ada L."
    assert room_state(tmp_path).names == {ANNA: "Ada L.", "b" * 16: "Ben"}
    set_nickname(tmp_path, ANNA, "")
    assert room_state(tmp_path).names == {"b" * 16: "Ben"}
    for who in ("", "../x", "a" * 65):
        with pytest.raises(ValueError, match="expected the id of a visitor"):
            set_nickname(tmp_path, who, "Eve")


def test_of_nicknames_and_prepared_links_the_newest_are_kept(tmp_path):
    names = {f"{number:016x}": "x" for number in range(MOST_NAMES)}
    links = {str(number): Prepared(str(number), {}, ()) for number in range(MOST_PREPARED)}
    change_room(tmp_path, lambda room: replace(room, names=names, prepared=links))
    set_nickname(tmp_path, ANNA, "Ada")
    name = keep_prepared(tmp_path, Prepared("new", {"preset": "first-look"}, ("gamma",)))
    state = room_state(tmp_path)
    assert len(state.names) == MOST_NAMES and ANNA in state.names and f"{0:016x}" not in state.names
    assert len(state.prepared) == MOST_PREPARED and state.prepared[name].title == "new" and "0" not in state.prepared


def test_many_at_once_lose_nothing(tmp_path):
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda number: set_nickname(tmp_path, f"{number:016x}", f"n{number}"), range(40)))
    assert room_state(tmp_path).names == {f"{number:016x}": f"n{number}" for number in range(40)}


NAMER = """
import sys
from pathlib import Path
from dec_core.runs.room_state import set_nickname
print("ready", flush=True)
sys.stdin.readline()
for number in range(100):
    set_nickname(Path(sys.argv[1]), f"{sys.argv[2]}{number:015x}", f"n{number}")
"""


def test_two_servers_on_one_folder_lose_nothing_of_each_other(tmp_path):
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", NAMER, str(tmp_path), letter],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for letter in "ab"
    ]  # fmt: skip
    for server in servers:
        assert server.stdout.readline() == "ready\n"
    for server in servers:
        server.stdin.write("go\n")
        server.stdin.flush()
    for server in servers:
        server.communicate()
        assert server.returncode == 0
    assert room_state(tmp_path).names == {f"{who}{number:015x}": f"n{number}" for who in "ab" for number in range(100)}


def test_a_lock_that_nobody_lets_go_of_is_an_error_and_changes_nothing(tmp_path, monkeypatch):
    set_nickname(tmp_path, ANNA, "Ada")
    monkeypatch.setattr("dec_core.runs.room_state.PATIENCE", 0.0)
    with file_lock(tmp_path / ".room" / "state.lock"), pytest.raises(OSError, match="process "):
        set_nickname(tmp_path, ANNA, "Grace")
    assert room_state(tmp_path).names == {ANNA: "Ada"}
    assert set_nickname(tmp_path, ANNA, "Grace") == "Grace"


def test_nobody_else_on_the_machine_reads_it(tmp_path):
    set_nickname(tmp_path, ANNA, "Ada")
    assert stat.S_IMODE((tmp_path / ".room").stat().st_mode) == 0o700


def test_all_may_see_what_is_shown_and_what_is_on_the_projector():
    shown = Exhibit("compare", {}, ("b", "c"))
    assert RoomState().shown_to_all == set()
    assert RoomState(projector="a").shown_to_all == {"a"}
    assert RoomState(projector="a", exhibit=shown).shown_to_all == {"a", "b", "c"}
