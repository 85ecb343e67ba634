"""A report's chapter on one run: section by section, as HTML. See `dec_core.figures.report`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from PIL import Image

from dec_core.analysis.naming import letter
from dec_core.analysis.verdict import mixed_up_in_words, most_mixed, thousands
from dec_core.config import GROUPS, OWN_DATA, applies
from dec_core.fields import fields
from dec_core.figures.confusion import confusion_figure, sizes_figure
from dec_core.figures.curves import curves, curves_in_words
from dec_core.figures.palette import colour, colours
from dec_core.figures.plane import data_uri, plane_svg
from dec_core.figures.references import start_name
from dec_core.figures.shown import SCORES, duration_shown, heading, score_shown, value_text
from dec_core.methods import METHODS, held_steps, loss_weight, weighed_loss

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT, HIGHEST, CELL = 300, 900, 26  # pixels of a figure, of the highest one, of a row of the confusion matrix
STACKED = {  # two panels where the screen is narrow: one below the other
    "height": 560,
    "xaxis": {"domain": [0, 1]},
    "yaxis": {"domain": [0.66, 1]},
    "xaxis2": {"domain": [0, 1]},
    "yaxis2": {"domain": [0, 0.48]},
    "legend": {"y": 0.49},
}
MANY = 12  # clusters, beyond which their matrix takes the whole width


def sections(run: Any, number: int, level: int, file_name: str) -> str:
    """The whole chapter of one run.

    Parameters
    ----------
    run : dec_core.reading.summary.RunSummary, or anything with its attributes
    number : int
        Which of the report's runs it is, from 1.
    level : int
        Of its heading.
    file_name : str
        What the report will be called.
    """
    config_id, below = "dec-config" if number == 1 else f"dec-config-{number}", level + 1
    about = " · ".join(filter(None, [run.config.dataset, _n_images(run), run.created, run.id]))
    parts = [
        f'<article class="run" id="run-{number}">',
        f'<script type="application/json" id="{config_id}">{_json(run.config.to_json())}</script>',
        '<p class="above">Deep clustering</p>' if level == 1 else "",
        f"<h{level}>{escape(heading(run))}</h{level}>",
        f'<p class="about">{escape(about)}</p>',
        f'<p class="note">{escape(run.note)}</p>' if run.note else "",
        sentences_html(run.sentences),
        _scores(run),
        _curves(run, below),
        f'<div class="{_layout(run)}">{_clusters(run, below)}{_embedding(run, below)}</div>',
        _centers(run, below),
        _config(run, below),
        _reproduction(run, below, file_name),
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def _n_images(run: Any) -> str:
    n = int(run.sizes.sum()) if run.sizes is not None else run.config.n_samples
    return f"{thousands(n)} images" if n else ""


def _layout(run: Any) -> str:
    return "stacked" if len(run.cluster_order) > MANY else "beside"


def _scores(run: Any) -> str:
    rows = [(*SCORES[name], score_shown(name, value)) for name, value in run.scores.items() if name in SCORES]
    rows.append(("Time", "Training time, without what is computed afterwards.", duration_shown(run.seconds)))
    if run.n_steps:
        rows.append(("Gradient steps", "During clustering.", thousands(run.n_steps)))
    if run.history.pretrain:
        loss = f"{run.history.pretrain[-1]['loss']:.4f}"
        rows.append(("Reconstruction error", "Mean squared error per pixel (0 to 1) at the end of pretraining.", loss))
    tiles = [f"<div><dt>{_explained(name, help)}</dt><dd>{escape(value)}</dd></div>" for name, help, value in rows]
    return f'<dl class="scores">{"".join(tiles)}</dl>'


# -- figures


def _curves(run: Any, level: int) -> str:
    config, history = run.config, run.history
    if not METHODS[config.method].has_network or not (history.pretrain or history.end):
        return ""
    figure = curves(history, HEIGHT, loss_weight(config), held_steps(config), start_name(config), weighed_loss(config))
    return section(level, "Is it getting better?", plot(stacked(figure), "Curves", curves_in_words(history)))


def _clusters(run: Any, level: int) -> str:
    """The confusion matrix, or cluster sizes where labels are not known."""
    if run.sizes is None:
        return ""
    if run.confusion is None:
        figure = sizes_figure(run.sizes, run.cluster_order, HEIGHT, colours(run.colour_by_place))
        caption = "How many images are in each cluster."
        return section(level, "How large are the clusters?", plot(figure, "Cluster sizes", caption, _least(run)))
    kind, kinds = ("digit", "digits") if run.noun == "digit" else ("class", "classes")
    height = min(HIGHEST, max(HEIGHT + 60, 60 + CELL * len(run.classes)))
    figure = confusion_figure(run.confusion, run.cluster_order, run.classes, kind, height, colours(run.colour_by_place))
    caption = f"Rows are {kinds}, columns clusters, matched one to one so that the diagonal holds the most images."
    if most_mixed(run.confusion):
        caption += f" {mixed_up_in_words(run.confusion, run.classes, run.noun)}."
    return section(level, f"Which {kinds} are mixed up?", plot(figure, "Confusion matrix", caption, _least(run)))


def _least(run: Any) -> int:
    """Pixels that many clusters need side by side."""
    return CELL * len(run.cluster_order) + 120 if len(run.cluster_order) > MANY else 0


def _embedding(run: Any, level: int) -> str:
    if run.plane is None:
        return ""
    coloured = "" if run.labels is None else ", colored by cluster; letters mark the clusters"
    caption = f"{thousands(len(run.plane))} images as points, by {run.space} of z{coloured}."
    picture = plane_svg(run.plane, run.labels, run.cluster_order, caption, colours(run.colour_by_place))
    return section(
        level,
        "How do the groups come apart?",
        f'<figure>{picture}<figcaption aria-hidden="true">{escape(caption)}</figcaption></figure>',
    )


def _centers(run: Any, level: int) -> str:
    if run.centers is None:
        return ""
    class_of = None if run.confusion is None else run.confusion.class_of
    items = []
    for cluster in run.cluster_order.argsort():
        place, kind = int(run.cluster_order[cluster]), -1 if class_of is None else class_of[cluster]
        matched = f"<small>{escape(run.classes[kind])}</small>" if kind >= 0 else ""
        swatch = f'<span class="swatch" style="background:{colour(run.colour_by_place[place])}"></span>'
        source, name = data_uri(Image.fromarray(run.centers[cluster])), letter(place)
        items.append(f'<li><img src="{source}" alt="Center of cluster {name}">{swatch}{name}{matched}</li>')
    mean = METHODS[run.config.method].centers_are_images
    title = "The mean image of each cluster" if mean else "What does it see? The decoded cluster centers"
    return section(level, title, f'<ul class="centers">{"".join(items)}</ul>')


# -- the config, and how to make it again


def _config(run: Any, level: int) -> str:
    described, tables = fields(), []
    for group in GROUPS:
        names = [name for name in described if described[name]["group"] == group and applies(name, run.config)]
        rows = [_field(described[name], getattr(run.config, name), name in run.changed) for name in names]
        tables.append(f"<table><caption>{group}</caption><tbody>{''.join(rows)}</tbody></table>" if names else "")
    exact, marked = (
        "This is the preset <b>{}</b>.",
        "Fields that differ from the nearest preset, <b>{}</b>, are marked.",
    )
    sentence = (marked if run.changed else exact).format(escape(run.preset))
    return section(level, "Config", f'<p>{sentence}</p><div class="fields">{"".join(tables)}</div>')


def _field(described: dict[str, Any], value: object, changed: bool) -> str:
    shown = escape(value_text(value))
    cell = f"<mark>{shown}</mark>" if changed else shown
    return f'<tr><th scope="row">{_explained(described["label"], described["help"])}</th><td>{cell}</td></tr>'


def _reproduction(run: Any, level: int, file_name: str) -> str:
    own_data = run.config.dataset.startswith(OWN_DATA)
    command = f"python -m dec_core train --config {file_name}{' --data FILE' if own_data else ''}"
    paragraphs = ["This file contains the config; the app (Load from a file, on Train) and the command line read it:"]
    after = "The same seed on the same machine, with the same versions, gives the same labels."
    if own_data:
        after = f"The images are not included: FILE is the file they came from. {after}"
    paragraphs += [f"<pre>{escape(command)}</pre>", f"<p>{after}</p>", f'<p class="about">{_made_with(run)}</p>']
    return section(level, "Reproduce this run", "".join(paragraphs))


def _made_with(run: Any) -> str:
    started = run.history.started
    if not started:
        return "The versions it was made with were not recorded."
    versions = ", ".join(f"{name} {version}" for name, version in started["versions"].items())
    machine = f"{started['processor']}, {started['cores']} cores, {started['system']}"
    return f"Made with {escape(versions)}, on {escape(machine)}."


# -- pieces


def section(level: int, title: str, content: str) -> str:
    """A section of HTML below its title."""
    return f"<section><h{level}>{escape(title)}</h{level}>{content}</section>"


def sentences_html(sentences: Sequence[str]) -> str:
    """Sentences as HTML, the first one larger; "" without any."""
    lines = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return f'<div class="found">{lines}</div>' if lines else ""


def stacked(figure: Figure) -> Figure:
    """A figure of two panels that says in its `layout.meta` how they stand where the screen is narrow."""
    annotations = figure.to_dict()["layout"]["annotations"]
    titles = [each for each in annotations if (each.get("xref"), each.get("yref")) == ("paper", "paper")]
    for title, y in zip(titles, (1, 0.48), strict=False):
        title.update(x=0.5, y=y)
    figure.layout.meta = {"narrow": STACKED | {"annotations": annotations}}
    return figure


def plot(figure: Figure, name: str, caption: str, least: int = 0) -> str:
    """A place for a figure, the figure after it as JSON, and what it shows as a caption.

    Where the screen has fewer than `least` pixels the figure scrolls.
    """
    return (
        f'<figure class="wide"><div class="plot" role="img" aria-label="{escape(name)}. {escape(caption)}" '
        f'style="height:{figure.layout.height}px;min-width:{least}px"></div>'
        f'<script type="application/json">{_json(figure.to_json())}</script>'
        f'<figcaption aria-hidden="true">{escape(caption)}</figcaption></figure>'
    )


def _explained(name: str, help: str) -> str:
    return f'<abbr title="{escape(help)}">{escape(name)}</abbr>'


def _json(text: str) -> str:
    """JSON that is safe inside a script element: nothing in it ends the element."""
    return text.replace("<", "\\u003c")
