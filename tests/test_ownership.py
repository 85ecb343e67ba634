"""Who may see and command what."""

from itertools import product

import pytest

from dec_core.runs.folder import UNKNOWN_OWNER
from dec_core.runs.ownership import may

A, B = "a" * 16, "b" * 16
NEVER = (False, False)
OF_STRANGERS = [  # visitor, owner, shared: whether they may see it, command it
    (A, A, False, (True, True)),
    (A, A, True, (True, True)),
    (A, B, False, NEVER),
    (A, B, True, (True, False)),
    (A, "", False, NEVER),
    (A, "", True, (True, False)),
    (A, UNKNOWN_OWNER, False, NEVER),
    (A, A[:-1], False, NEVER),
    ("", "", False, NEVER),  # somebody unknown owns nothing, also not what is nobody's
    ("", "", True, NEVER),
    ("", A, False, NEVER),
    ("", A, True, NEVER),
]


@pytest.mark.parametrize(("visitor", "owner", "shared", "expected"), OF_STRANGERS)
def test_a_visitor_commands_what_is_theirs_and_sees_what_was_shared(visitor, owner, shared, expected):
    assert (may("see", visitor, False, owner, shared), may("command", visitor, False, owner, shared)) == expected


def test_the_instructor_may_do_everything():
    for act, visitor, owner, shared in product(("see", "command"), ("", A), ("", A, B, UNKNOWN_OWNER), (True, False)):
        assert may(act, visitor, True, owner, shared)


@pytest.mark.parametrize("act", ["", "SEE", "delete", None])
def test_nothing_else_is_an_act(act):
    with pytest.raises(ValueError, match="expected see or command"):
        may(act, A, True, A, True)
