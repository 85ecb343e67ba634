"""Inspect: from a wrong cell to the digit, and back through training."""

from pages.inspect.screen import screen
from pages.shared.focus import focused_run

screen(focused_run())
