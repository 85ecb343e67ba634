"""Inspect: from a wrong cell to the digit, and back through training."""

from pages.parts.focus import focused_run, through_the_app
from pages.parts.inspecting.screen import screen

through_the_app()
screen(focused_run())
