"""Sweep: a machine tries what a person would, overnight if need be."""

from pages.sweep.screen import screen

screen()
