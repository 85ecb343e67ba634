"""What is started for a measurement or a test ends with whoever started it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTER = """
import subprocess, sys, time
server = [sys.executable, "-u", "-m", "benchmarks.attended", "http.server", "0", "--bind", "127.0.0.1"]
process = subprocess.Popen(server, stdin=subprocess.PIPE)
time.sleep(600)
"""


def test_a_server_ends_when_its_starter_is_killed():
    starter = subprocess.Popen([sys.executable, "-c", STARTER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout.readline().startswith("Serving HTTP")
    starter.kill()
    starter.communicate(timeout=300)  # to the end of their output, which is there when both have gone
