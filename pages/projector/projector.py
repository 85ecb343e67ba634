"""Projector: the run that the instructor has thrown onto it, for a machine that nobody attends."""

from pages.projector.screen import screen

screen()
