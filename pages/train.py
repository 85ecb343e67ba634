"""Train: choose, press Start, watch."""

from pages.parts.focus import focused_run, supervisor
from pages.parts.form import config_form
from pages.parts.live import live

supervisor()  # a worker begins to warm up while the page is being read
config = config_form()
live(focused_run(), config)
