"""python -m benchmarks first-minute: what it reads off the screen, and what it makes of it."""

import numpy as np
import pytest

from benchmarks import first_minute
from benchmarks.first_minute import errors, seconds_left, table
from benchmarks.serving import RESULT
from dec_core.analysis.metrics import confusion
from dec_core.analysis.verdict import verdict
from dec_core.reading.progress import duration


@pytest.mark.parametrize("seconds", [1, 89, 240, 3600, 4200])
def test_what_the_screen_says_of_the_time_left_is_read(seconds):
    assert seconds_left(f"Autoencoder: epoch 3 of 8 · {duration(seconds)} left\nPause") == [seconds]


def test_a_screen_that_says_nothing_of_it_counts_for_nothing():
    assert seconds_left("Starting …\nabout 5 s\nNothing is left") == []


def test_how_far_it_was_off_is_a_share_of_what_was_left():
    left = [(5, 1000), (20, 100), (50, 30), (70, 30), (90, 1000)]  # of 100 s; the first and the last are not asked
    assert errors(left, 100.0) == {"time left, a fifth in": 0.25, "time left, farthest off": -0.4}
    with pytest.raises(ValueError, match="nothing of the time left"):
        errors([(90, 10)], 100.0)


def test_what_is_waited_for_is_what_the_screen_says_in_the_end():
    y = np.array([0, 0, 1])
    assert RESULT in verdict(confusion(y, y, 2), ("0", "1"))


def test_a_command_that_fails_is_no_figure(monkeypatch):
    monkeypatch.setattr(first_minute, "PRESET", "no-such-preset")
    with pytest.raises(first_minute.subprocess.CalledProcessError):
        first_minute._trained(0)


def test_the_table_gives_mean_least_and_most():
    phases = {"pretrain": 4.0, "centers": 1.0, "cluster": 5.0}
    command = [
        {"cold": True, "seed": 0, "seconds": 30.0, "acc": 0.5, **phases},
        {"cold": False, "seed": 0, "seconds": 10.0, "acc": 0.98, **phases},
        {"cold": False, "seed": 1, "seconds": 20.0, "acc": 0.982, **phases},
    ]
    app = {"cold": {"first point": 4.0, "clusters": 9.0, "end": 30.0, **errors([(6, 30), (15, 9)], 30.0)}}
    said = table({"processor": "P", "preset": "first-look", "command": command, "app": app})
    assert "| command, cold | 30 s |" in said
    assert "| command, 2 seeds | 15 (10 – 20) s |" in said
    assert "| of it pretraining, centers, clustering | 4 + 1 + 5 s |" in said
    assert "| ACC | 0.9810 (0.9800 – 0.9820) |" in said
    assert "to the end | 4.0, 9, 30 s |" in said and "| +25%; -40% |" in said
