"""The words of the method: one sentence each, the formula where there is one, and where it is written down.

Tooltips on the screens and `docs/glossary.md` say what stands here; fields of `RunConfig` bring their
own sentence along and take formula and source from `dec_core.glossary.terms`. Formulas are LaTeX, as KaTeX renders it.
"""

from __future__ import annotations

from dataclasses import replace

from dec_core.config import RunConfig
from dec_core.fields import fields
from dec_core.glossary.terms import CONCEPTS, FIELD_TERMS, PAPERS, Term

__all__ = ["CONCEPTS", "FIELD_TERMS", "PAPERS", "Term", "entry_of", "explained", "keys", "page", "term", "tooltip"]


def term(key: str) -> Term:
    """A concept, or a field of `RunConfig` with its own label and help. Raises KeyError for any other key."""
    if key in CONCEPTS:
        return CONCEPTS[key]
    described, added = fields()[key], FIELD_TERMS[key]
    return replace(added, name=described["label"], sentence=described["help"])


def keys() -> tuple[str, ...]:
    """All keys: the concepts, then the fields in the order in which they act."""
    return (*CONCEPTS, *RunConfig.model_fields)


def tooltip(key: str) -> str:
    """The sentence and the terms that it needs, formula and source, as Markdown with LaTeX between dollar signs."""
    needed = [f"**{term(name).name}.** {term(name).sentence}" for name in term(key).needs]
    sentence, *others = _parts(key)
    return "\n\n".join([sentence, *needed, *others])


def _parts(key: str) -> list[str]:
    word = term(key)
    formula, source = f"$\\displaystyle {word.formula}$", f"*{word.source}*"
    parts = (word.sentence, formula if word.formula else "", source if word.source else "", word.note)
    return [part for part in parts if part]


def entry_of(key: str) -> str:
    """All of a term: its name, what its tooltip says without what it needs, and its counterpart in the tutorial."""
    word = term(key)
    tutorial = [f"In the tutorial: `{word.tutorial}`"] if word.tutorial else []
    return "  \n".join([f"**{word.name}**", *_parts(key), *tutorial])


def explained(*keys: str) -> str:
    """Several terms in one tooltip, each a paragraph that begins with its name."""
    return "\n\n".join(f"**{term(key).name}.** {' '.join(_parts(key))}" for key in keys)


def page() -> str:
    """`docs/glossary.md`."""
    head = [
        "# Glossary",
        "",
        "Made by `python -m dec_core glossary`. The same sentences are the tooltips of the app.",
        "",
        PAPERS,
    ]
    parts = [("Concepts", CONCEPTS), ("Choices of a run", RunConfig.model_fields)]
    for title, names in parts:
        head += [
            "",
            f"## {title}",
            "",
            "| term | in plain words | formula | source | in the tutorial |",
            "|---|---|---|---|---|",
        ]
        head += [_row(key, field=title != "Concepts") for key in names]
    return "\n".join(head) + "\n"


def _row(key: str, *, field: bool) -> str:
    word = term(key)
    name = f"{word.name}, `{key}`" if field else word.name
    formula = f"${word.formula}$" if word.formula else ""
    tutorial = f"`{word.tutorial}`" if word.tutorial else ""
    cells = [name, f"{word.sentence} {word.note}".strip(), formula, word.source, tutorial]
    return f"| {' | '.join(cells)} |"
