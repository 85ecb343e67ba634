"""Train: choose, press Start, watch."""

from pages.shared.focus import focused_run
from pages.train.form import config_form
from pages.train.live import live
from pages.train.tour import offer_tour

config = config_form()
run = focused_run()
if run is None:
    offer_tour()
live(run, config)
