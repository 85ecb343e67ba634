"""Train: choose, press Start, watch."""

from pages.shared.focus import focused_run
from pages.train.form import config_form
from pages.train.live import live

config = config_form()
live(focused_run(), config)
