"""Room: the instructor sees everybody's run, and closes the room."""

from pages.room.screen import screen

screen()
