"""What a call takes at most of memory, in a process of its own: what other tests left running allocates here, too."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any


def ended_with_most(function: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, int]:
    """What the function returned, or the exception it raised; and the most bytes that Python held meanwhile.

    It is called twice, and measured the second time, when all is imported. It, and what it is given and gives, must be
    fit for pickle.
    """
    done = subprocess.run(
        [sys.executable, __file__],
        input=pickle.dumps((function, arguments, named)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return pickle.loads(done.stdout)


def _ended(function: Callable[..., Any], arguments: tuple, named: dict[str, Any]) -> Any:
    try:
        return function(*arguments, **named)
    except Exception as error:
        return error


if __name__ == "__main__":
    call = pickle.load(sys.stdin.buffer)
    _ended(*call)
    tracemalloc.start()
    ended = _ended(*call)
    most = tracemalloc.get_traced_memory()[1]
    pickle.dump((ended, most), sys.stdout.buffer)
