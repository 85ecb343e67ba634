"""How the server is: what `doctor` says of its machine, and what of its limits is used. For the instructor."""

from __future__ import annotations

import streamlit as st

from dec_core.work.checks import Check, checks
from dec_core.work.room import GB, RoomSettings
from pages.shared import focus
from pages.shared.places import runs_root
from pages.shared.text import count_of, escape

MARKS = {
    "ok": ":green[:material/check_circle:]",
    "warn": ":orange[:material/warning:]",
    "bad": ":red[:material/error:]",
}


def server_menu() -> None:
    """A menu that looks at the machine when it is opened."""
    menu = st.popover("Server", icon=":material/monitor_heart:", key="server", on_change="rerun")
    if menu.open:
        with menu:
            st.markdown("\n".join(f"- {_line(row)}" for row in checks(runs_root())))
            st.caption(escape(_used(focus.supervisor().room)))


def _line(row: Check) -> str:
    return f"{MARKS[row.level]} **{escape(row.what)}** {escape(f'{row.value}. {row.remedy}'.strip())}"


def _used(room: RoomSettings) -> str:
    """As in "2 runs train, 5 wait. The runs take 3.1 of 20 GB."."""
    supervisor = focus.supervisor()
    standing, disk = supervisor.standing(), supervisor.housekeeping.disk
    words = f"{count_of(standing.n_training, 'run')} in training, {standing.n_waiting} waiting."
    return f"{words} The runs take {disk.used / GB:.1f} of {room.disk:g} GB." if room.disk else words
