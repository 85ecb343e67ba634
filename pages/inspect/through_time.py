"""What moved between two moments, and what became of the cluster centers."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dec_core.analysis.verdict import thousands
from dec_core.methods import METHODS
from dec_core.reading.run import Run
from dec_core.reading.snapshot import Snapshot
from pages.inspect import view_components
from pages.inspect.view_state import ViewState, change_filters, change_view
from pages.inspect.views import cluster_colour
from pages.shared import browser_files, components
from pages.shared.box import box, to_come
from pages.shared.widget_key import key_showing, value_chosen

HEIGHT = 318
MOST_FLOWS = 30
FRAMES, TYPICAL = 7, 2  # moments of a center's film, and real samples beside it
ABOUT_FLOWS = (
    "Samples that changed cluster between two snapshots. Click a row to select these samples and show their trails."
)
ABOUT_FILM = (
    "The decoded cluster centers at gradient steps from the first update to this snapshot; then the mean image of "
    "the cluster and the samples closest to its center. DEC trains the encoder but not the decoder, so a decoded "
    "center may drift away from what the cluster holds; the mean image does not."
)


def through_time(run: Run, now: Snapshot, view: ViewState) -> None:
    """The two boxes below the views."""
    left, right = st.columns([30, 70])
    with left, box("flows", "What moved?", ABOUT_FLOWS) as head:
        _flows(run, now, view, head)
    with right, box("film", "How did the centers change?", ABOUT_FILM):
        _film(run, now)


def since(run: Run, view: ViewState) -> int:
    """The moment to which the one that is looked at is compared."""
    first = run.clustered[0]
    return view.since if view.since in run.clustered else first


def _flows(run: Run, now: Snapshot, view: ViewState, head: DeltaGenerator) -> None:
    earlier = [number for number in run.clustered if number < now.number]
    if not now.clustered or not earlier:
        to_come("Once samples change cluster: from which to which, and how many.", HEIGHT)
        return
    number = since(run, view) if since(run, view) in earlier else earlier[0]
    labels = {at: f"since step {thousands(run.snapshots[at]['iteration'])}" for at in earlier}

    def take() -> None:
        change_view(since=value_chosen("flows_since"))

    with head:
        st.selectbox(
            "Since",
            earlier,
            earlier.index(number),
            key=key_showing("flows_since", number),
            format_func=labels.get,
            on_change=take,
            label_visibility="collapsed",
            width=168,
        )
    counts, letters = now.came_from(number), run.letters
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:MOST_FLOWS]
    flows = [
        {"from": letters[a], "to": letters[b], "n": int(counts[a, b]),
         "colours": [cluster_colour(run, a), cluster_colour(run, b)]}
        for a, b in zip(*np.unravel_index(order, counts.shape), strict=True)
        if counts[a, b]
    ]  # fmt: skip
    if not flows:
        to_come(f"No sample has changed cluster {labels[number]}.", HEIGHT)
        return
    picked, most = view.selection, flows[0]
    pressed = {"from": picked.was, "to": picked.cluster} if picked.since == number else {}
    data = {
        "flows": flows, "most": most["n"], "chosen": pressed, "name": "What moved",
        "alt": f"{thousands(counts.sum())} changed cluster, most from {most['from']} to {most['to']}: {most['n']}",
    }  # fmt: skip

    def clicked() -> None:
        flow = st.session_state.flows.flow
        if flow == pressed:  # a second click lets go
            change_filters(was="", since=0, cluster="")
        else:
            change_filters(was=flow["from"], since=number, cluster=flow["to"])

    view_components.flows(data=data, key="flows", height=HEIGHT, on_flow_change=clicked)


def _film(run: Run, now: Snapshot) -> None:
    if not now.clustered or "decoded_centers" not in now.arrays:
        to_come("Once clusters form: each decoded center over training.", HEIGHT)
        return
    upto = [number for number in run.clustered if number <= now.number]
    shown = [upto[i] for i in np.unique(np.linspace(0, len(upto) - 1, min(FRAMES, len(upto))).round().astype(int))]
    frames = {number: browser_files.decoded_centers(run, number) for number in shown}
    frames = {number: images for number, images in frames.items() if images is not None}
    rows = []
    for cluster in np.argsort(run.cluster_order).tolist():
        typical = now.typical(cluster, TYPICAL)
        images = [*(images[cluster] for images in frames.values()), now.means[cluster], *run.images[typical]]
        steps = [str(run.snapshots[number]["iteration"]) for number in frames]
        captions = [*steps, "mean", *["sample"] * len(typical)]
        tone = cluster_colour(run, cluster)
        rows.append(components.digit_row(now.name_of(cluster), np.array(images), captions, [tone] * len(captions)))
    trained = METHODS[run.config.method].has_network
    description = "Decoded cluster centers during training" if trained else "Mean images of the clusters"
    components.digits(rows, "Film of the centers", description, "film", HEIGHT)
