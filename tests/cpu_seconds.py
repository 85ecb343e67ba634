"""What each file of tests costs, in CPU seconds of all processes it started: `pytest --cpu`, with -v each test.

Wall time says less: it is the neighbours' as well. Whoever imports or compiles first pays for those that come after.
"""

from __future__ import annotations

from collections import Counter

import psutil
import pytest

_SPENT = pytest.StashKey[float]()


def pytest_addoption(parser) -> None:
    parser.addoption("--cpu", action="store_true", help="print the CPU seconds of each file, its processes included")


def _cpu_seconds() -> float:
    """Of this process, of those that run below it, and of those that ended there."""
    myself = psutil.Process()
    total = 0.0
    for process in (myself, *myself.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])  # user, system, and both of ended children
        except psutil.NoSuchProcess:
            continue
    return total


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Each report (set-up, call, teardown) carries what was spent since the one before it."""
    report = yield
    if item.config.getoption("cpu"):
        spent = _cpu_seconds()
        report.cpu_seconds = spent - item.config.stash.get(_SPENT, 0.0)
        item.config.stash[_SPENT] = spent
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
