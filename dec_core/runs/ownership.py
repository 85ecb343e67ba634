"""Who may see a run, and who may command it. Decided here alone, and asked by every screen, command and address."""

from __future__ import annotations

from typing import Literal

INSTRUCTOR = "instructor"  # the id of whoever has followed the instructor's link, in whichever browser

Act = Literal["see", "command"]


def may(act: Act, visitor_id: str, is_instructor: bool, owner: str, shared: bool, recorded: bool = False) -> bool:
    """Whether a visitor may do this with a run, or with a sweep, a preset or images.

    Parameters
    ----------
    act : str
        "see", or "command": start, pause, stop, resume, mark, archive, delete, share.
    visitor_id : str
        "" where nobody knows who it is.
    is_instructor : bool
        Whose everything is; on a desk, everybody.
    owner : str
        The id of the visitor whose it is; "" for nobody's but the server's.
    shared : bool
        Whether the visitor has followed a link by which it was shared, or the instructor shows it to all now.
    recorded : bool
        Whether it is a run that came with the program: everybody sees it, nobody commands it.

    Raises
    ------
    ValueError
        For another act.
    """
    if act not in ("see", "command"):
        raise ValueError(f"act: received {act!r}, expected see or command")
    if recorded:
        return act == "see" and (is_instructor or visitor_id != "")
    if is_instructor or (visitor_id != "" and visitor_id == owner):
        return True
    return act == "see" and visitor_id != "" and shared
