"""Compare: change one thing, see what it did, believe it after several seeds."""

from pages.compare.screen import screen

screen()
