"""Train: choose, press Start, watch."""

from pages.parts.focus import focused_run, through_the_app
from pages.parts.form import config_form
from pages.parts.live import live

through_the_app()
config = config_form()
live(focused_run(), config)
