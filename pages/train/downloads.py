"""What a run that has ended gives to take away: its labels as CSV, its model as a picture, new images sorted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from dec_core.analysis.assignment import CLEAR
from dec_core.analysis.verdict import thousands
from dec_core.config import RunConfig
from dec_core.data.isolated import Files, read_isolated
from dec_core.data.loading import positions
from dec_core.data.new_images import made_like
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from pages.shared import components
from pages.shared.snapshot_view import newest_clustered, shown
from pages.shared.text import escape, sentence
from pages.train.commands import answered, clock
from pages.train.own_data import TYPES, uploaded
from pages.train.run_export import export_run

DAMAGED = "All snapshots of this run that have clusters are damaged and cannot be read."
MOST_SAID = 1000  # letters of notes on new images
SHOWN = 10  # new images shown with their clusters


def downloads(run: RunFolder, history: History, config: RunConfig) -> None:
    """A menu of what can be taken away; before there are clusters, the report, the notebook and the config alone."""
    clustered = [snapshot["file"] for snapshot in history.snapshots if snapshot["clustered"]]
    actions = {"Export": export_run}
    if clustered:
        actions["Labels"] = _labels
    if clustered and (run.path / "model.keras").exists():
        actions["Assign new images"] = _sort_new_images
    about = "Download a report, notebook or labels; assign new images to clusters."
    chosen = st.menu_button("More", list(actions), key="more", help=about)
    if chosen:
        actions[chosen](run, clustered, config)


@st.dialog("Which image is in which cluster?", width="large")
def _labels(run: RunFolder, clustered: list[str], config: RunConfig) -> None:
    now = newest_clustered(run.id)
    if now is None:
        st.error(DAMAGED, icon=":material/error:")
        return
    table = labels_table(now)
    st.dataframe(table.head(1000), hide_index=True, height=420)
    limit_note = f"The first {thousands(1000)} of {thousands(len(table))} images. " if len(table) > 1000 else ""
    st.caption(f"{limit_note}Cluster names are those on the screen.")
    st.download_button(
        "Download as CSV",
        table.to_csv(index=False),
        f"{run.id}-labels.csv",
        "text/csv",
        on_click="ignore",
        key="labels_csv",
    )


def labels_table(now: Snapshot) -> pd.DataFrame:
    """index, cluster, and where labels are known the class of the cluster and the true one."""
    run = now.run
    index = positions(run.config.dataset, run.config.n_samples, root=run.root)  # in the file, also where not all taken
    table = pd.DataFrame({"index": index, "cluster": np.array(run.letters)[now.labels]})
    classes = _classes(now)
    if classes is not None:
        table["class of cluster"] = classes[now.labels]
        table["true class"] = np.array(run.classes)[run.y]
    return table


def _classes(now: Snapshot) -> np.ndarray | None:
    """Name of the class matched to each cluster, by its number; None without labels."""
    return None if now.class_of is None else np.array([*now.run.classes, "–"])[now.class_of]


@st.dialog("Where do new images belong?", width="large")
def _sort_new_images(run: RunFolder, clustered: list[str], config: RunConfig) -> None:
    files = st.file_uploader("Images", type=TYPES, accept_multiple_files=True, key="new_files")
    now = newest_clustered(run.id)
    if now is None:
        st.error(DAMAGED, icon=":material/error:")
        return
    if not files:
        st.caption(
            "Any format accepted for your own images, or a single picture. Images are resized to the run's size."
        )
        return
    waiting = st.empty()
    try:
        notes, images, predicted = _sorted(run, uploaded(files), clock(waiting, "Assigning clusters"))
    except ValueError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    finally:
        waiting.empty()
    images, changes = made_like(images, shown(config).examples, upright=config.deskew)
    st.caption(escape(" ".join([*notes[:-1], *changes]), MOST_SAID))
    letters, classes = np.array(now.run.letters), _classes(now)
    table = pd.DataFrame({"index": predicted["index"], "cluster": letters[predicted["cluster"]]})
    if classes is not None:
        table["class of cluster"] = classes[predicted["cluster"]]
    table["confidence"] = predicted["confidence"]
    captions = [
        f"{row.cluster if row.confidence >= CLEAR else '?'} {row.confidence:.2f}"
        for row in table.head(SHOWN).itertuples()
    ]
    n_unsure = int((table["confidence"] < CLEAR).sum())
    if n_unsure:
        st.warning(
            f"{n_unsure} of {len(table)} lie in no cluster clearly (q below {CLEAR:g}): take it for no answer.",
            icon=":material/help:",
        )
    row = components.digit_row("As the network gets them", images, captions)
    components.digits([row], "Assigned images", "New images with cluster and confidence", "sorted", 92)
    st.dataframe(table.head(1000), hide_index=True, height=240)
    st.download_button(
        "Download as CSV", table.to_csv(index=False), "clusters.csv", "text/csv", on_click="ignore", key="csv"
    )


def _sorted(
    run: RunFolder, files: Files, while_waiting: Callable[[], None]
) -> tuple[tuple[str, ...], np.ndarray, pd.DataFrame]:
    """What was understood, the first images, and where all belong.

    They are read, and sorted by `python -m dec_core predict`, in processes of their own. Raises DataError.
    """
    with read_isolated(files, at_least=1, while_waiting=while_waiting) as reading:
        images = reading.dataset.images
        table = _predicted(run, Path(images.filename), while_waiting)
        return reading.notes, np.array(images[:SHOWN]), table


def _predicted(run: RunFolder, images: Path, while_waiting: Callable[[], None]) -> pd.DataFrame:
    """index, cluster and confidence of the images in an .npy file. Raises DataError with what the command said."""
    target = images.with_name("clusters.csv")
    arguments = ["predict", str(run.path.resolve()), str(images), "--csv", str(target)]
    answered(arguments, images.with_name("predict.txt"), while_waiting)
    return pd.read_csv(target)
