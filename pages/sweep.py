"""Sweep: a machine tries what a person would, overnight if need be."""

from pages.parts.focus import through_the_app
from pages.parts.sweeping.screen import screen

through_the_app()
screen()
