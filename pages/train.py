"""Train: choose, press Start, watch."""

from pages.parts.focus import focused_run
from pages.parts.form import config_form
from pages.parts.live import live

config = config_form()
live(focused_run(), config)
