"""The slider below a number of the form: drag, see at once what the value does, let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dec_core.analysis.verdict import thousands
from dec_core.config import RunConfig, whole_numbers
from dec_core.presets import PRESETS
from dec_core.reading.cost import Rates
from pages.shared.components import BY_SCRIPT, script_url
from pages.train import state
from pages.train.effects import effects
from pages.train.spans import FILTERS, STOPS, UNITS, Number, place
from pages.train.state import FIELDS, Form

HERE = Path(__file__).parent
SCRIPT = (HERE / "slider.js").read_text(encoding="utf-8")
OPTIMIZER_OF = {"pretrain_learning_rate": "pretrain_optimizer", "cluster_learning_rate": "cluster_optimizer"}
LAYER_STOPS = {"hidden_units": UNITS, "filters": FILTERS}

_slider = st.components.v2.component(
    "slider",
    html='<div class="slide"><div class="title" hidden></div><input type="range" min="0" step="1">'
    '<div class="marks"></div><svg viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true" hidden>'
    '<path class="one" d=""/><path class="now" d=""/></svg>'
    '<div class="axis" hidden>weight against distance to the center; dotted: α = 1</div>'
    '<div class="effect"></div></div>',
    css=(HERE / "slider.css").read_text(encoding="utf-8"),
    js=BY_SCRIPT,
)


@dataclass(frozen=True)
class Slider:
    """One slider of a field: `value` and `marked` are what it stands at, `whole` makes the field's value of a stop."""

    key: str
    name: str
    title: str
    value: Number
    stops: tuple[Number, ...]
    marked: tuple[tuple[str, str, Number], ...]  # kind, whose value, the value
    whole: Callable[[Number], Any]


def sliders(name: str, form: Form, rates: Rates) -> None:
    """The slider of a number, or those of the layers; none where what was typed is not one."""
    typed = form.choices.values[name]
    if name in LAYER_STOPS:
        value = _layers(typed)
        shown = [] if value is None else _of_layers(name, value)
    elif name in STOPS and (typed is not None or name == "n_samples"):
        shown = [Slider(name, name, "", typed, STOPS[name], marks(name, form), lambda stop: stop)]
    else:
        shown = []
    for slider in shown:
        _show(slider, form, rates)


def _show(slider: Slider, form: Form, rates: Rates) -> None:
    name, key = slider.name, f"slide_{slider.key}"

    def picked() -> None:
        number = st.session_state[key].picked
        if number is not None:
            state.choose_value(name, slider.whole(slider.stops[int(number)]))

    values = tuple(_field_value(name, slider.whole(stop)) for stop in slider.stops)
    now = _field_value(name, slider.whole(slider.value))
    known = form.config is not None
    lines = effects(name, form.config, (*values, now), rates) if known else ("",) * (len(values) + 1)
    data = {
        "script": script_url("slider", SCRIPT),
        "name": slider.title or FIELDS[name]["label"],
        "title": slider.title,
        "shown": _text(slider.value),
        "place": place(slider.value, slider.stops),
        "stops": [_text(stop) for stop in slider.stops],
        "effects": list(lines[:-1]),
        "effect": lines[-1],
        "marks": [
            {"kind": kind, "title": f"{whose}: {_text(value)}", "place": place(value, slider.stops)}
            for kind, whose, value in slider.marked
        ],
        "kernel": list(slider.stops) if name == "alpha" else None,
        "alpha": slider.value if name == "alpha" else None,
    }
    _slider(data=data, key=key, on_picked_change=picked)


def _of_layers(name: str, layers: tuple[int, ...]) -> list[Slider]:
    """How many there are, and the size of each."""
    most = 6 if name == "hidden_units" else 5

    def resized(n: int) -> str:
        return _joined((*layers, *[layers[-1]] * n)[:n])

    def with_layer(i: int) -> Callable[[int], str]:
        return lambda units: _joined((*layers[:i], units, *layers[i + 1 :]))

    count = Slider(f"{name}_layers", name, "Layers", len(layers), tuple(range(1, most + 1)), (), resized)
    return [count] + [
        Slider(f"{name}_{i}", name, f"Layer {i + 1}", units, LAYER_STOPS[name], (), with_layer(i))
        for i, units in enumerate(layers[:most])
    ]


def marks(name: str, form: Form) -> tuple[tuple[str, str, Number], ...]:
    """Where the preset and the tutorial stand; a learning rate of another optimizer says nothing of this one's."""
    preset, optimizer = form.choices.preset, OPTIMIZER_OF.get(name)
    known = [("preset", preset, form.presets[preset])]
    if form.config is not None and not preset.startswith("tutorial"):
        known.append(("tutorial", "The tutorial", _tutorial(form.config.method, form.config.autoencoder)))
    return tuple(
        (kind, whose, getattr(config, name))
        for kind, whose, config in known
        if optimizer is None or getattr(config, optimizer) == form.choices.values[optimizer]
    )


@cache
def _tutorial(method: str, autoencoder: str) -> RunConfig:
    """The tutorial's system of this kind, else its dense DEC."""
    known = [preset for name, preset in PRESETS.items() if name.startswith("tutorial")]
    alike = [preset for preset in known if (preset.method, preset.autoencoder) == (method, autoencoder)]
    return alike[0] if alike else PRESETS["tutorial-dec"]


def _layers(text: str) -> tuple[int, ...] | None:
    """The sizes that were typed; None if they are not whole numbers."""
    try:
        return whole_numbers(text) or None
    except ValueError:
        return None


def _field_value(name: str, value: Any) -> Any:
    return _layers(value) if name in LAYER_STOPS else value


def _joined(sizes: tuple[int, ...]) -> str:
    return ", ".join(map(str, sizes))


def _text(value: Number) -> str:
    if value is None:
        return "all"
    return thousands(value) if isinstance(value, int) else f"{value:g}"
