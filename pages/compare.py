"""Compare: change one thing, see what it did, believe it after several seeds."""

from pages.parts.comparing.screen import screen
from pages.parts.focus import through_the_app

through_the_app()
screen()
