"""The form in the sidebar: preset, data, architecture, hyperparameters. What is chosen is kept by `state`.

Labels, tooltips and ranges come from `RunConfig` itself. What cannot be is said at the field.
"""

from __future__ import annotations

import streamlit as st

from dec_core.config import BUNDLED, GROUPS, ConfigError, RunConfig
from dec_core.data import DataError, load
from dec_core.methods import METHODS
from dec_core.presets import CHAPTERS, DESCRIPTIONS
from dec_core.reading.config_in import configs_in
from dec_core.reading.cost import Rates
from dec_core.runs.folder import config_of
from pages.shared import link
from pages.shared.expected import expected_time, rates_of_server
from pages.shared.focus import fill_with, focused_run, index
from pages.shared.permission import may_train_on
from pages.shared.picker import name as name_of_run
from pages.shared.picker import name_of_config
from pages.shared.places import runs_root
from pages.shared.text import escape, sentence
from pages.shared.widget_key import key_showing
from pages.train import state
from pages.train.field_widgets import field_widgets, is_to_draw, unfolding
from pages.train.how_many import how_many_button
from pages.train.model_view import model_view
from pages.train.own_data import own_data
from pages.train.prepared import prepare_menu, prepared_form
from pages.train.state import FIELDS, Form

ABOUT_PRESETS = (
    "A named set of values for all fields below. Those named tutorial-… are the systems of Chengwei Zhang's "
    "*How to do Unsupervised Clustering with Keras*; Start here and Best are our own recipes, which first learn "
    "what UMAP and a Gaussian mixture find."
)
UNTIMED = "It may take longer; after a first run this is known better."  # true also where one has just ended
MARKS = "Sliders: | the preset, ○ the tutorial."


def config_form() -> RunConfig | None:
    """Draw the form; the config it describes, or None while a choice is impossible."""
    choices, notices = state.take_up()
    form = Form.of(choices)
    rates = rates_of_server(form.config) if form.config else Rates()
    prepared = state.prepared_link(choices.prepared)
    with st.sidebar:
        if prepared is None:
            _whole_form(form, rates, notices)
        else:
            expected = _what_start_does(form.config, rates) if form.config else ""
            prepared_form(prepared, form, rates, notices, expected)
    if form.config is not None:
        link.write(form.to_query())
    return form.config


def _whole_form(form: Form, rates: Rates, notices: list[str]) -> None:
    _preset(form, rates)
    for notice in notices:
        st.warning(sentence(notice))
    _comparison()
    with st.container(horizontal=True, gap="small", key="about_form"):
        _from_a_file()
        _see_the_model(form.config)
        prepare_menu(form)
    st.caption(MARKS)
    for group in GROUPS:
        names = [name for name in form.acting if FIELDS[name]["group"] == group]
        if names:
            _group(group, names, form, rates)


def _preset(form: Form, rates: Rates) -> None:
    preset = form.choices.preset
    st.selectbox(
        "Preset",
        list(form.presets),
        list(form.presets).index(preset),
        key=key_showing("preset", preset),
        format_func=lambda name: f"{CHAPTERS.get(name, 'Yours')} · {name}",
        on_change=state.choose_preset,
        help=_about_presets(form),
    )
    if form.changed:
        _changes(form)
    else:
        st.caption(DESCRIPTIONS.get(preset, "Your own preset, stored on this server."))
    if form.config is not None:
        st.caption(escape(_what_start_does(form.config, rates)))


def _about_presets(form: Form) -> str:
    """What presets are, and how long Start would train each on this server."""
    times = {name: expected_time(config, rates_of_server(config)) for name, config in form.presets.items()}
    listed = ", ".join(f"{escape(name)} {time}" for name, time in times.items() if time)
    return f"{ABOUT_PRESETS}\n\nOn this server: {listed}." if listed else ABOUT_PRESETS


def _what_start_does(config: RunConfig, rates: Rates) -> str:
    """How long it takes, how sure that is, and that a run in focus keeps its settings."""
    expected = expected_time(config, rates)
    sentences = [f"Start trains for {expected}."] if expected else []
    if expected and METHODS[config.method].has_network and not rates.measured:
        sentences.append(UNTIMED)
    run = focused_run(warn=False)
    if run is not None and config_of(run) not in (None, config):
        sentences.append("This is for the next run; the one shown keeps its settings.")
    return " ".join(sentences)


def _group(group: str, names: list[str], form: Form, rates: Rates) -> None:
    """The inputs of one group; data stand open, with the way to one's own."""
    if group == "Data":
        field_widgets(names, form, rates)
        how_many_button(form.config)
        _clusters_sought(form)
        chosen = own_data()
        if chosen:
            state.choose_value("dataset", chosen)
            st.rerun()
        return
    key = f"group_{group.lower()}"
    with unfolding(group, key, names, form) as unfolded:
        if is_to_draw(key, unfolded):
            field_widgets(names, form, rates if unfolded.open else None)


def _clusters_sought(form: Form) -> None:
    """Of data of one's own: how many clusters are looked for, and how many classes its labels name."""
    dataset, k = form.choices.values["dataset"], int(form.choices.values["n_clusters"] or 0)
    if dataset in BUNDLED or not k or not may_train_on(dataset):
        return
    try:
        n_classes = len(load(dataset, root=runs_root()).classes)
    except DataError:
        return  # said at the field
    if n_classes in (0, k):
        st.caption(f"Training looks for {k} clusters: *Number of clusters*, under Clustering.")
        return
    st.caption(f"Training looks for {k} clusters; your labels name {n_classes} classes.")
    st.button(f"Look for {n_classes} clusters", key="as_many_clusters", type="tertiary", icon=":material/tune:",
              on_click=state.choose_value, args=("n_clusters", n_classes))  # fmt: skip


def _comparison() -> None:
    """That Start leads to a comparison, if the form was filled there, and a way out."""
    compare_with = st.session_state.get("compare_with")
    before = index().entry(compare_with) if compare_with else None
    if before is None:
        return
    st.info(
        f"Change what you like. Start compares the new run with {escape(name_of_run(before))}.",
        icon=":material/compare:",
    )
    st.button(
        "Remove from comparison",
        key="not_against",
        type="tertiary",
        icon=":material/close:",
        on_click=_remove_from_comparison,
    )


def _from_a_file() -> None:
    """Take a config in: its own file, or a report or notebook that was exported."""
    with st.popover("Load from a file", icon=":material/upload_file:", type="tertiary", key="from_file"):
        file = st.file_uploader("A config, report or notebook", type=["json", "html", "ipynb"], key="config_file",
                                help="A report on several runs fills the form with its first run.")  # fmt: skip
        taken, message = st.session_state.get("taken_in", (None, ""))
        if file is None:
            return
        if taken == file.file_id:
            st.success(sentence(message), icon=":material/check:")
            return
        try:
            config, *others = configs_in(file.name, file.getvalue())
        except ConfigError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        first = f", the first of {len(others) + 1} runs in the file" if others else ""
        message = f"The form now holds {name_of_config(config)}, seed {config.random_state}{first}."
        st.session_state.taken_in = file.file_id, message
    fill_with(config)
    st.rerun()


def _remove_from_comparison() -> None:
    st.session_state.pop("compare_with", None)


def _see_the_model(config: RunConfig | None) -> None:
    if st.button("Show the model", icon=":material/schema:", key="model", type="tertiary", disabled=config is None):
        model_view(config)


def _changes(form: Form) -> None:
    """What the preset's description no longer says, and the way back."""
    labels = ", ".join(f"{FIELDS[name]['group'].lower()}: {FIELDS[name]['short'].lower()}" for name in form.changed)
    st.caption(f"Differs from {escape(form.choices.preset)} in {labels}.")
    st.button("Reset to the preset", on_click=state.go_back_to_preset, icon=":material/undo:", type="tertiary")
