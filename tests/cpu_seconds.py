"""What each file of tests costs, in CPU seconds of all processes it started: `pytest --cpu`, with -v each test.

Wall time says less: it is the neighbours' as well. Whoever imports or compiles first pays for those that come after.
"""

from __future__ import annotations

from collections import Counter

import psutil
import pytest

_LEDGER = pytest.StashKey["Ledger"]()


class Ledger:
    """What the processes of this one and below have spent, each counted once."""

    def __init__(self) -> None:
        self._seen: dict[psutil.Process, tuple[float, float]] = {}  # itself, and children that it has waited for

    def spent_since(self) -> float:
        """CPU seconds since the call before.

        Whoever waits for a child takes over the child's seconds, those that were counted before included: they are
        subtracted. Of a child that nobody waited for, as when its parent was killed, nothing is taken over.
        """
        seen = {process: times for process in _processes() if (times := _seconds(process))}
        before = {process: self._seen.get(process, (0.0, 0.0)) for process in seen}
        grown = sum(seen[process][0] - before[process][0] for process in seen)
        taken_over = sum(seen[process][1] - before[process][1] for process in seen)
        counted = sum(sum(times) for process, times in self._seen.items() if process not in seen)
        self._seen = seen
        return grown + max(0.0, taken_over - counted)


def _processes() -> list[psutil.Process]:
    myself = psutil.Process()
    return [myself, *myself.children(recursive=True)]


def _seconds(process: psutil.Process) -> tuple[float, float] | None:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return None
    return times.user + times.system, times.children_user + times.children_system


def pytest_addoption(parser) -> None:
    parser.addoption("--cpu", action="store_true", help="print the CPU seconds of each file, its processes included")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Each report (set-up, call, teardown) carries what was spent since the one before it."""
    report = yield
    if item.config.getoption("cpu"):
        report.cpu_seconds = item.config.stash.setdefault(_LEDGER, Ledger()).spent_since()
    return report


def pytest_terminal_summary(terminalreporter, config) -> None:
    if not config.getoption("cpu"):
        return
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "cpu_seconds"):
                name = report.nodeid if config.get_verbosity() > 0 else report.nodeid.partition("::")[0]
                seconds[name] += report.cpu_seconds
    terminalreporter.section("CPU seconds")
    for name, spent in [*seconds.most_common(), ("all", seconds.total())]:
        terminalreporter.write_line(f"{spent:8.1f}  {name}")
