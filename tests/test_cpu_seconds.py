"""The ledger of `pytest --cpu`."""

import subprocess
import sys

from cpu_seconds import Ledger

CHILD = "sum(range(5_000_000)); print(flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {CHILD!r}])"


def test_a_process_whose_parent_was_killed_is_not_paid_back():
    ledger = Ledger()
    ledger.spent_since()
    parent = subprocess.Popen([sys.executable, "-S", "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    parent.stdout.readline()
    assert ledger.spent_since() > 0
    parent.kill()
    parent.communicate()
    assert ledger.spent_since() >= 0


def test_a_process_that_was_waited_for_counts_once():
    ledger = Ledger()
    ledger.spent_since()
    child = subprocess.Popen([sys.executable, "-S", "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    running = ledger.spent_since()
    child.communicate(b"\n")
    assert ledger.spent_since() < running
