"""The form in the sidebar: preset, data, architecture, hyperparameters; its choices are the link's.

Labels, tooltips and ranges come from `RunConfig` itself. What cannot be is said at the field.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import streamlit as st

from dec_core.config import BUNDLED, GROUPS, ConfigError, RunConfig, applies, fields, parse
from dec_core.data import DataError, load
from dec_core.figures.shown import short_name
from dec_core.presets import CHAPTERS, DESCRIPTIONS, PRESETS, nearest
from dec_core.reading.config_in import configs_in
from dec_core.runs.own_presets import own_presets
from pages.shared import link
from pages.shared.focus import fill_with, index
from pages.shared.picker import name as name_of_run
from pages.shared.picker import name_of_config
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.train.model_view import model_view
from pages.train.own_data import own_data

IN_LINK = {"random_state": "seed"}  # fields whose name in a link is shorter
LATE = 2.0  # seconds, after which a request was certainly not under way before
UNITS = ("hidden_units", "filters")  # written as numbers with commas
MAX_LETTERS = 60  # of a name in a link, quoted where there is none such
ONE_LINE = 22  # letters of all options that fit beside each other
SLIDERS = {"latent_dim": (1, 64), "n_clusters": (2, 30)}
FIELDS = fields()


def config_form() -> RunConfig | None:
    """Draw the form; the config it describes, or None while a choice is impossible."""
    notices = _take_up_link()
    _keep_what_was_filled()
    _take_up_choice()
    _keep_what_is_not_shown()
    with st.sidebar:
        st.selectbox(
            "Preset",
            list(_presets()),
            key="preset",
            format_func=lambda name: f"{CHAPTERS.get(name, 'Yours')} · {name}",
            on_change=_apply_preset,
            help="A named set of all the choices below.",
        )
        st.caption(DESCRIPTIONS.get(st.session_state.preset, "A preset of your own, kept on this server."))
        for notice in notices:
            st.warning(sentence(notice))
        _against()
        _from_a_file()
        config, problems = _config()
        for group in GROUPS:
            names = [name for name, field in FIELDS.items() if field["group"] == group and _acts(name)]
            if not names:
                continue
            if group == "Data":
                _widgets(names, problems)
                chosen = own_data()
                if chosen:
                    _use(chosen)
            else:
                with st.expander(group, expanded=any(name in problems for name in names)):
                    _widgets(names, problems)
                    if group == "Architecture":
                        _see_the_model(config)
        _changes()
    _write_link()
    return config


def _presets() -> dict[str, RunConfig]:
    """Those that come along, then those that were kept on this server."""
    return PRESETS | own_presets(runs_root())


def _against() -> None:
    """That Start leads to a comparison, if the form was filled there, and a way out."""
    against = st.session_state.get("against")
    before = index().entry(against) if against else None
    if before is None:
        return
    st.info(
        f"Change what you like: Start shows the new run beside {escape(name_of_run(before))}.",
        icon=":material/compare:",
    )
    st.button("Not beside it", key="not_against", type="tertiary", icon=":material/close:", on_click=_forget_against)


def _from_a_file() -> None:
    """Take a config in: its own file, or a report or notebook that was exported."""
    with st.popover("From a file", icon=":material/upload_file:", type="tertiary", key="from_file"):
        file = st.file_uploader("A config, report or notebook", type=["json", "html", "ipynb"], key="config_file",
                                help="Of a report on several runs the first is taken.")  # fmt: skip
        taken, words = st.session_state.get("taken_in", (None, ""))
        if file is None:
            return
        if taken == file.file_id:
            st.success(sentence(words), icon=":material/check:")
            return
        try:
            config, *others = configs_in(file.name, file.getvalue())
        except ConfigError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        first = f", the first of {len(others) + 1} runs in it" if others else ""
        words = f"The form holds {name_of_config(config)}, seed {config.random_state}{first}."
        st.session_state.taken_in = file.file_id, words
    fill_with(config)
    st.rerun()


def _forget_against() -> None:
    st.session_state.pop("against", None)


def _see_the_model(config: RunConfig | None) -> None:
    if st.button("See the model", icon=":material/schema:", key="model", width="stretch", disabled=config is None):
        model_view(config)


def _widgets(names: list[str], problems: dict[str, str]) -> None:
    for name in [name for name in names if not FIELDS[name]["advanced"]]:
        _widget(name, problems)
    advanced = [name for name in names if FIELDS[name]["advanced"]]
    if advanced:
        with st.expander("Advanced", expanded=any(name in problems for name in advanced), type="compact"):
            for name in advanced:
                _widget(name, problems)


def _widget(name: str, problems: dict[str, str]) -> None:
    """The input for one field, and below it what is wrong with it."""
    field = FIELDS[name]
    common = {"label": field["label"], "key": name, "help": field["help"]}
    default = field["default"]
    if "choices" in field:
        options, told = field["choices"], str
        if name == "dataset":
            current = st.session_state.dataset
            options, told = [*options, *([] if current in options else [current])], short_name
        on_change = _fit_to_dataset if name == "dataset" else None
        if sum(len(told(option)) for option in options) > ONE_LINE:
            st.selectbox(options=options, format_func=told, on_change=on_change, **common)
        else:
            st.segmented_control(options=options, format_func=told, required=True, on_change=on_change, **common)
    elif isinstance(default, bool):
        st.toggle(**common)
    elif name in UNITS:
        st.text_input(**common)
    elif name in SLIDERS:
        st.slider(min_value=SLIDERS[name][0], max_value=max(SLIDERS[name][1], st.session_state[name]), **common)
    elif isinstance(default, float):
        st.number_input(format="%g", step=10.0 ** (_magnitude(st.session_state[name]) - 1), **common)
    elif default is None:
        st.number_input(step=1, value=None, placeholder="all", **common)
    else:
        st.number_input(step=1, **common)
    if name in problems:
        st.caption(f":red[:material/error: {sentence(problems[name])}]")


def _magnitude(value: float | None) -> int:
    """The power of ten of a number: its buttons change the digit after the first."""
    return int(f"{value or 1:e}".partition("e")[2])


# -- session state: one entry a field, with the field's name


def _acts(name: str) -> bool:
    """Whether a field has any effect, given the other choices; the rest is not shown."""
    return applies(name, SimpleNamespace(**{name: st.session_state[name] for name in FIELDS}))


def _keep_what_is_not_shown() -> None:
    """Streamlit forgets the value of a widget that is not drawn, unless it is set anew."""
    for name in FIELDS:
        st.session_state[name] = st.session_state[name]


def _config() -> tuple[RunConfig | None, dict[str, str]]:
    base = _presets()[st.session_state.preset]  # for what is not shown: nobody could mend it
    values = {name: st.session_state[name] if _acts(name) else getattr(base, name) for name in FIELDS}
    for name in FIELDS:
        if isinstance(FIELDS[name]["default"], float) and values[name] is not None:
            values[name] = float(values[name])
    try:
        config = RunConfig.make(**values)
        if config.dataset not in BUNDLED:
            images = load(config.dataset, root=runs_root()).images
            config.check_images(len(images), images.shape[1:])
        return config, {}
    except ConfigError as error:
        return None, error.problems
    except DataError as error:
        return None, {"dataset": str(error)}


def _fill(config: RunConfig, preset: str | None = None) -> None:
    state, values = st.session_state, {"preset": preset} if preset else {}
    for name in FIELDS:
        value = getattr(config, name)
        values[name] = ", ".join(map(str, value)) if name in UNITS else value
    before = {name: state[name] for name in values if name in state}
    state.filled = time.monotonic(), {n: (before[n], values[n]) for n in before if before[n] != values[n]}
    for name, value in values.items():
        state[name] = value


def _just_filled() -> dict[str, tuple[Any, Any]]:
    """What has been filled in a moment ago: by field, what stood there before, and what does now."""
    since, changed = st.session_state.get("filled", (0.0, {}))
    return changed if time.monotonic() - since < LATE else {}


def _keep_what_was_filled() -> None:
    """A request that was under way may still bring along what the form showed before."""
    for name, (before, now) in _just_filled().items():
        if st.session_state.get(name) == before:
            st.session_state[name] = now


def _apply_preset() -> None:
    before, _ = _just_filled().get("preset", (None, None))
    if before is not None and st.session_state.preset == before:
        return  # such a request: it is about to be put right
    seed = st.session_state.get("random_state") or 0
    _fill(_presets()[st.session_state.preset].changed(random_state=seed))


def _fit_to_dataset() -> None:
    """A subset of a larger data set means all of a smaller one."""
    name = st.session_state.dataset
    try:
        n = BUNDLED[name][0] if name in BUNDLED else len(load(name, root=runs_root()).images)
    except DataError:
        return  # said at the field
    if (st.session_state.n_samples or 0) > n:
        st.session_state.n_samples = None


def _use(dataset: str) -> None:
    """Choose data of one's own, with what suits it: setting upright is for handwriting."""
    st.session_state.chosen = dataset
    st.rerun()


def _take_up_choice() -> None:
    """Widgets can only be set before they are drawn: what was chosen elsewhere is set in the run after."""
    config = st.session_state.pop("to_fill", None)
    if config is not None:
        _fill(config, nearest(config))
    dataset = st.session_state.pop("chosen", None)
    if dataset is not None:
        st.session_state.dataset, st.session_state.deskew = dataset, False
        _fit_to_dataset()


def _changed_fields() -> list[str]:
    config, _ = _config()
    base = _presets()[st.session_state.preset]
    if config is None:
        return []
    changed = [name for name in FIELDS if getattr(config, name) != getattr(base, name) and applies(name, config)]
    return [name for name in changed if name != "random_state"]


def _changes() -> None:
    changed = _changed_fields()
    if changed:
        labels = ", ".join(f"{FIELDS[name]['group'].lower()}: {FIELDS[name]['label'].lower()}" for name in changed)
        st.caption(f"Differs from {escape(st.session_state.preset)} in {labels}.")
        st.button("Back to the preset", on_click=_apply_preset, icon=":material/undo:", type="tertiary")


# -- the link


def _take_up_link() -> list[str]:
    """On the first run of a session fill the form from preset and link; what the link got wrong."""
    asked = link.asked()
    if "left_form" in st.session_state and not asked:
        if "preset" not in st.session_state:  # back from another screen
            st.session_state.update(st.session_state.left_form)
        return []
    asked = asked or {}
    notices = []
    preset = asked.get("preset", "first-look")
    if preset not in _presets():
        notices.append(f"The link asks for preset {preset[:MAX_LETTERS]!r}; there are {', '.join(_presets())}.")
        preset = "first-look"
    st.session_state.preset = preset
    texts = {name: asked.get(IN_LINK.get(name, name)) for name in FIELDS}
    config, problems = _as_far_as_valid(
        _presets()[preset], {name: parse(name, text) for name, text in texts.items() if text is not None}
    )
    _fill(config)
    return notices + [f"In the link, {FIELDS[name]['label'].lower()}: {said}." for name, said in problems.items()]


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


def _write_link() -> None:
    """Name the preset and what differs from it, so that the link reproduces the set-up.

    Streamlit forgets the values of widgets on other screens, so they are kept for the way back.
    """
    st.session_state.left_form = {name: st.session_state[name] for name in ("preset", *FIELDS)}
    config, _ = _config()
    if config is None:
        return
    wanted: dict[str, Any] = {"preset": st.session_state.preset}
    shown = [*_changed_fields(), *(["random_state"] if config.random_state else [])]
    wanted |= {IN_LINK.get(name, name): _text(getattr(config, name)) for name in shown}
    link.write(wanted)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
