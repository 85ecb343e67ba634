"""What is chosen in the form, what follows from it, and its link.

Chosen is one record of the session: a preset, and a value for every field as it was typed. All else is computed from
it once a redraw: which fields act, the config or what is wrong, what differs from the preset.

Streamlit's own `bind="query-params"` was tried for the fields and does not carry them. A field that is drawn only
because the link has chosen something further down (gamma, where the link says joint) takes its value from the link one
redraw late, and Start would train something else; where a preset fills the form, such a field keeps the link's value
against the preset's; and what the link got wrong is dropped in silence.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import streamlit as st

from dec_core.config import BUNDLED, ConfigError, RunConfig, applies
from dec_core.data import DataError
from dec_core.fields import fields, parse
from dec_core.presets import PRESETS, fitted_to, for_own_images, nearest
from dec_core.runs.own_presets import own_presets
from dec_core.runs.room_state import Prepared, room_state
from pages.shared import link
from pages.shared.expected import size_and_shape
from pages.shared.focus import no_such_data
from pages.shared.permission import keeps_for, may_train_on
from pages.shared.places import runs_root
from pages.shared.visitor import is_room
from pages.shared.widget_key import value_chosen

FIELDS = fields()
FIRST_PRESET = "first-look"
IN_LINK = {"random_state": "seed"}  # fields whose name in a link is shorter
UNITS = ("hidden_units", "filters")  # written as numbers with commas
SUITED = ("n_samples", "batch_size", "pretrain_epochs", "deskew", "centered")  # what another data set may change
MAX_LETTERS = 60  # of a name in a link, quoted where there is none such
PREPARED = "prepared"  # what a link calls the name of one that the instructor has prepared
NOT_PREPARED = "The prepared link is no longer known on this server, so all settings are shown."


@dataclass(frozen=True)
class FormChoices:
    """A preset, and by field what was typed; fields that do not act keep theirs.

    `prepared` names the instructor's link by which the form was filled, "" for none: then it shows some fields alone.
    """

    preset: str
    values: dict[str, Any]
    prepared: str = ""

    @classmethod
    def of(cls, config: RunConfig, preset: str) -> FormChoices:
        """The choices that describe `config`, as changes of `preset`."""
        typed = {name: getattr(config, name) for name in FIELDS}
        return cls(preset, typed | {name: ", ".join(map(str, typed[name])) for name in UNITS})

    def changed(self, **values: Any) -> FormChoices:
        """With some fields replaced."""
        return replace(self, values=self.values | values)


@dataclass(frozen=True)
class Form:
    """What follows from choices.

    Attributes
    ----------
    choices : FormChoices
    presets : dict of str to RunConfig
        Those that come along, then those that were kept on this server.
    acting : tuple of str
        The fields that have any effect, given the others; the rest is not shown.
    config : RunConfig or None
        What Start would train; None while a choice is impossible.
    problems : dict of str to str
        By field what is wrong with it.
    changed : tuple of str
        The acting fields, the seed aside, that differ from the preset's.
    """

    choices: FormChoices
    presets: dict[str, RunConfig]
    acting: tuple[str, ...] = ()
    config: RunConfig | None = None
    problems: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()

    @classmethod
    def of(cls, choices: FormChoices) -> Form:
        """All that follows from `choices`, with what is on this server now."""
        known = presets()
        if choices.preset not in known:  # one of the server's own, and gone
            choices = replace(choices, preset=FIRST_PRESET)
        base, typed = known[choices.preset], choices.values
        as_config = SimpleNamespace(**typed)
        acting = tuple(name for name in FIELDS if applies(name, as_config))
        # what is not shown is the preset's: nobody could mend it
        values = {name: _number(name, typed[name]) if name in acting else getattr(base, name) for name in FIELDS}
        config, problems = _validated(values)
        if config is None:
            return cls(choices, known, acting, None, problems)
        changed = tuple(n for n in acting if n != "random_state" and getattr(config, n) != getattr(base, n))
        return cls(choices, known, acting, config, {}, changed)

    def to_query(self) -> dict[str, str]:
        """The preset and what differs from it, so that the link reproduces the set-up."""
        names = [*self.changed, *(["random_state"] if self.config.random_state else [])]
        query = {IN_LINK.get(name, name): _text(getattr(self.config, name)) for name in names}
        return {"preset": self.choices.preset, **query, **({PREPARED: name} if (name := self.choices.prepared) else {})}


def presets() -> dict[str, RunConfig]:
    """Those that come along, then those that were kept on this server."""
    return PRESETS | own_presets(runs_root(), keeps_for())


def take_up() -> tuple[FormChoices, list[str]]:
    """The choices of this redraw: the link's where somebody has followed one; and what it got wrong."""
    state, notices = st.session_state, []
    asked = link.asked() or {}
    if "choices" not in state or asked.keys() & {"preset", PREPARED, *(IN_LINK.get(name, name) for name in FIELDS)}:
        state.choices, notices = from_query(asked)
    config = state.pop("to_fill", None)
    if config is not None:
        state.choices = FormChoices.of(config, nearest(config))
    return state.choices, notices


def from_query(query: dict[str, str]) -> tuple[FormChoices, list[str]]:
    """What a link describes as far as it can be, and what cannot be."""
    known, notices, name = presets(), [], query.get(PREPARED, "")
    prepared = prepared_link(name)
    if prepared is not None:  # it says what all fields are but those that may be moved
        movable = {IN_LINK.get(field, field) for field in prepared.fields}
        query = prepared.query | {field: value for field, value in query.items() if field in movable}
    elif name:
        notices.append(NOT_PREPARED)
    preset = query.get("preset", FIRST_PRESET)
    if preset not in known:
        notices.append(
            f"The link names the preset {preset[:MAX_LETTERS]!r}, which does not exist; there are {', '.join(known)}."
        )
        preset = FIRST_PRESET
    texts = {name: query[IN_LINK.get(name, name)] for name in FIELDS if IN_LINK.get(name, name) in query}
    asked = {name: parse(name, text) for name, text in texts.items()}
    fitted = {} if "n_samples" in asked else _fitted_to_fewer(known[preset], asked.get("dataset"))
    config, problems = _as_far_as_valid(known[preset], fitted | asked)
    notices += [f"In the link, {FIELDS[name]['short'].lower()}: {problem}." for name, problem in problems.items()]
    return replace(FormChoices.of(config, preset), prepared=name if prepared else ""), notices


def prepared_link(name: str) -> Prepared | None:
    """What the instructor has prepared under a name; None where there is none, and on a desk."""
    return room_state(runs_root()).prepared.get(name) if is_room() else None


def to_prepare(config: RunConfig) -> dict[str, str]:
    """The link of a config, for whom the presets that were kept on this server are not there."""
    return Form.of(FormChoices.of(config, nearest(config))).to_query()


# -- what changes the choices: all are callbacks


def choose(name: str) -> None:
    """Take up what was typed into the widget of a field."""
    value = value_chosen(name)
    # asked for something else while its buttons are being drawn, a browser says that none of them is pressed
    if value is not None or FIELDS[name]["default"] is None:
        choose_value(name, value)


def choose_value(name: str, value: Any) -> None:
    """Take up a field's value; a data set comes with what suits it."""
    state = st.session_state
    before = state.choices
    state.choices = before.changed(**{name: value})
    if name == "dataset":
        state.choices = _suited_to_dataset(state.choices, before.values["dataset"])


def choose_preset() -> None:
    """Fill the form with the preset that was picked; the seed stays, and data of one's own if still there."""
    dataset = st.session_state.choices.values["dataset"]
    _fill_with_preset(value_chosen("preset"))
    if dataset not in BUNDLED and _size(dataset) and st.session_state.choices.values["dataset"] in BUNDLED:
        choose_value("dataset", dataset)


def show_all() -> None:
    """Show the fields that a prepared link hides; what is chosen stays."""
    st.session_state.choices = replace(st.session_state.choices, prepared="")


def go_back_to_preset() -> None:
    """Undo what differs from the preset; the seed stays."""
    _fill_with_preset(st.session_state.choices.preset)


def _fill_with_preset(name: str) -> None:
    seed = st.session_state.choices.values["random_state"] or 0
    st.session_state.choices = FormChoices.of(presets()[name].changed(random_state=seed), name)


def _suited_to_dataset(choices: FormChoices, before: str) -> FormChoices:
    """What has to differ from the preset on this data set; what was chosen otherwise than `before` asked for stays."""
    base = presets().get(choices.preset, PRESETS[FIRST_PRESET])
    of_preset = {name: getattr(base, name) for name in SUITED}
    was = of_preset | _suited(choices.preset, base, before)
    suits = of_preset | _suited(choices.preset, base, choices.values["dataset"])
    changes = {name: suits[name] for name in SUITED if choices.values[name] == was[name]}
    if (choices.values["n_samples"] or 0) > (_size(choices.values["dataset"]) or sys.maxsize):
        changes["n_samples"] = None
    return choices.changed(**changes)


def _suited(preset: str, base: RunConfig, dataset: str) -> dict[str, Any]:
    """The fields in which the preset differs on that data set: for its size, and for images of one's own."""
    is_own = dataset not in BUNDLED and dataset != base.dataset
    return _fitted(base, dataset) | (for_own_images(preset) if is_own else {})


def _fitted(base: RunConfig, dataset: str) -> dict[str, int | None]:
    n_images = _size(dataset)
    return fitted_to(base, n_images) if n_images and dataset != base.dataset else {}


def _fitted_to_fewer(base: RunConfig, dataset: Any) -> dict[str, int | None]:
    """What a link means that names a data set with fewer images than the preset takes, and nothing of their number."""
    size = _size(dataset) if isinstance(dataset, str) else 0
    return _fitted(base, dataset) if 0 < size < (base.n_samples or 0) else {}


def _size(dataset: str) -> int:
    """How many images there are; 0 if they are gone, which is said at the field."""
    try:
        return size_and_shape(dataset)[0] if may_train_on(dataset) else 0
    except DataError:
        return 0


def _validated(values: dict[str, Any]) -> tuple[RunConfig | None, dict[str, str]]:
    try:
        config = RunConfig.make(**values)
        if config.dataset not in BUNDLED:
            if not may_train_on(config.dataset):
                raise DataError(no_such_data(config.dataset))
            config.check_images(*size_and_shape(config.dataset))
        return config, {}
    except ConfigError as error:
        return None, error.problems
    except DataError as error:
        return None, {"dataset": str(error)}


def _as_far_as_valid(config: RunConfig, changes: dict[str, Any]) -> tuple[RunConfig, dict[str, str]]:
    """The config with all changes at once; those that cannot be are left out, and what is wrong with them."""
    problems: dict[str, str] = {}
    while True:
        try:
            return config.changed(**changes), problems
        except ConfigError as error:
            problems |= error.problems
            kept = {name: value for name, value in changes.items() if name not in error.problems}
            changes = kept if len(kept) < len(changes) else {}


def _number(name: str, value: Any) -> Any:
    """What was typed, as a float where the field is one: a widget may hold a whole number."""
    return float(value) if isinstance(FIELDS[name]["default"], float) and value is not None else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
