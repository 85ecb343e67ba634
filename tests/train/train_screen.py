"""Train without a browser: how a test finds what is on it."""

import re
import shutil

from dec_core.runs.folder import RunFolder


def field(at, name):
    """The input of the form for a field; one that was filled from elsewhere is another widget, with a number."""
    inputs = (at.slider, at.number_input, at.text_input, at.segmented_control, at.selectbox, at.toggle)
    (found,) = [item for kind in inputs for item in kind if re.fullmatch(rf"{name}(_\d+)?", item.key or "")]
    return found


def button(at, name):
    (found,) = [item for item in at.button if item.label == name]
    return found


def put(finished_run, root):
    shutil.copytree(finished_run.path, root / finished_run.id, dirs_exist_ok=True)
    return RunFolder(root / finished_run.id)


def findings(at) -> str:
    return " ".join(item.value for item in (*at.caption, *at.warning))


def labels(at) -> set[str]:
    """Of all the form's inputs."""
    kinds = (at.slider, at.number_input, at.text_input, at.segmented_control, at.selectbox, at.toggle)
    return {item.label for kind in kinds for item in kind}


def said(at) -> str:
    return " ".join(item.value for item in at.markdown)


def picker(app):
    (found,) = [box for box in app.selectbox if box.label == "Run in focus"]
    return found
