"""The stepper: updates of DEC by hand, on points in a plane that move themselves."""

from __future__ import annotations

from typing import Any

from dec_core.lessons.pieces import Stepper
from pages.learn.component import COLOURS, component
from pages.learn.scenes import centers, points

LABELS = {
    "good": "a center in each group",
    "merged": "two centers in one group",
    "far": "one center far from all",
}
PHASES = {"q": "q", "p": "p", "arrows": "gradients", "move": "move"}
BUTTONS = {"back": "Step back", "forward": "Forward", "slow": "Slow", "play": "Play", "over": "Start over"}
SLIDERS = {"alpha": ("alpha", ""), "rate": ("learning rate", ""), "interval": ("p anew after", " moves")}
ORIGINS = "Dashed: where each group of points began; a thread leads from there to where its points are now."
HTML = (
    '<div class="piece stepper"><div class="plane"><canvas role="img" tabindex="0"></canvas>'
    '<div class="handles"></div></div><div class="below"><div><ol class="phases">'
    + "".join(f'<li data-phase="{name}">{label}</li>' for name, label in PHASES.items())
    + '</ol><div class="buttons">'
    + "".join(f'<button type="button" class="{name}">{label}</button>' for name, label in BUTTONS.items())
    + '</div></div><figure><canvas class="curve" role="img"></canvas>'
    '<figcaption></figcaption></figure></div><div class="sentence"></div><div class="numbers"></div>'
    f'<div class="chosen"></div><div class="origins">{ORIGINS}</div>'
    '<div class="settings"><label>start <select></select></label>'
    + "".join(
        f'<label class="{name}">{label} <input type="range"><output></output>{unit}</label>'
        for name, (label, unit) in SLIDERS.items()
    )
    + '</div><div class="said" role="status"></div></div>'
)
_piece = component("stepper", HTML, "dec.js", "words.js", "plane.js", "descent.js", "stepper.js")


def show(options: Stepper, place: Any) -> None:
    """Draw the plane, its buttons and its sliders."""
    n, seed = options.centers, options.seed
    starts = {start: {"label": LABELS[start], "centers": centers(start, n, seed).tolist()} for start in options.starts}
    data = {
        **options.model_dump(include={"alpha", "rate", "interval", "sliders"}),
        "points": points(n, seed).tolist(),
        "starts": starts,
        "colours": COLOURS[:n],
    }
    _piece(data, f"stepper-{place.key}")
