"""Inspect without a browser: how a test opens it, and what it asks of it."""

import json
import re
from base64 import b64decode

import numpy as np
from screens import opened_at, send_event, widget_states
from streamlit.testing.v1 import AppTest

from dec_core.analysis.verdict import thousands
from dec_core.reading.run import Run
from dec_core.reading.selection import Selection


def inspect(run, **query) -> AppTest:
    """The screen as a link opens it, for a new visitor."""
    return opened_at("inspect", run=run.folder.id if isinstance(run, Run) else run, **query)


def link(at) -> dict[str, str]:
    return {name: value for name, value in at.query_params.items() if name != "run"}


def headline(at) -> str:
    return at.markdown[0].value


def said(at) -> list[str]:
    return [item.value for item in at.warning]


def named(at, label):
    (found,) = [item for item in at.button if item.label == label]
    return found


def widget(at, kind, name):
    """The widget of that name; by another number whenever something else has changed what it shows."""
    (found,) = [item for item in getattr(at, kind) if item.key and re.fullmatch(rf"{name}(_\d+)?", item.key)]
    return found


def piece(at, key):
    """The component of that key, as it is sent to the browser."""
    (found,) = [item.proto for item in at.get("bidi_component") if item.proto.id.endswith(f"-{key}")]
    return found


def shown(at, key) -> dict:
    return json.loads(piece(at, key).json)


def there(at, key) -> bool:
    return any(item.proto.id.endswith(f"-{key}") for item in at.get("bidi_component"))


def tell(at, key, event, value) -> None:
    """What the browser sends when something in a component is clicked."""
    late(at, widget_states(at), key, event, value)


def n_bright(at) -> int:
    """How many points of the embedding are among the chosen."""
    mask = shown(at, "scene")["mask"]
    return int(np.unpackbits(np.frombuffer(b64decode(mask), np.uint8)).sum()) if mask else shown(at, "scene")["n"]


def chooses(at, now, selection: Selection, beside=None, **rest) -> int:
    """Headline, link, gallery and embedding say what the library says; how many are chosen."""
    assert not at.exception and not at.error, [*at.exception, *at.error]
    chosen = now.select(selection, other=beside)
    noun, words = now.run.noun, selection.in_words("digit" if now.run.noun == "digit" else "class")
    line = f"**{thousands(len(chosen))} {noun}{'s' if len(chosen) != 1 else ''}**: {words}"
    if now.wrong is not None and len(chosen):
        line += f" · {thousands(now.wrong[chosen].sum())} wrong"
    assert headline(at) == line
    assert link(at) == selection.to_query() | rest
    assert n_bright(at) == len(chosen)
    if there(at, "gallery"):
        n = thousands(len(chosen))
        assert shown(at, "gallery")["words"].endswith(f"of {n}" if len(chosen) else "passes all filters.")
    return len(chosen)


def is_whole(at, now) -> None:
    """Nothing is filtered."""
    assert not at.exception and not at.error, [*at.exception, *at.error]
    assert headline(at) == f"**{thousands(now.run.n)} {now.run.noun}s**, all in this run, at step {now.iteration}"
    assert not any(item.label == "Clear filters" for item in at.button)


def goes_back(at, monkeypatch, **query) -> None:
    """Go back to an address in the browser's history."""
    at.query_params = {"run": at.query_params["run"], **query}
    with monkeypatch.context() as browser:
        browser.setattr("pages.shared.link.went_back", lambda: True)
        at.run()


def late(at, states, key, event, value) -> None:
    """A request of a browser that has yet to see the page as it is by now."""
    send_event(at, states, piece(at, key).id, [{"event": event, "value": value}])


STAYED = "It has been there since step 0, when the centers were initialized."


def brute_force(z: np.ndarray, index: int, n: int) -> list[int]:
    """The nearest by all distances, itself left out."""
    apart = np.sqrt(((z.astype(float) - z[index].astype(float)) ** 2).sum(axis=1))
    apart[index] = np.inf
    return np.argsort(apart, kind="stable")[:n].tolist()
