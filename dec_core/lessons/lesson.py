"""A lesson as it is read from its file: Markdown with a front matter, steps by headings, pieces by fences.

    ---
    title: "q: how sure?"
    minutes: 10
    objectives:
      - say what q is, and what alpha does to it
    ---

    ## Guess: Whose is the point?

    Three centers, one point ...

    ```{guess}
    question: Which center is it most likely of?
    options: [A, B, C]
    answer: B
    ```

The fences are MyST's directives: the name in braces, YAML below. Any other fence is code, and shown as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dec_core.lessons.pieces import PIECES, PieceOptions

Kind = Literal["guess", "do", "see", "why", "check"]
KINDS = get_args(Kind)
MAX_BYTES = 200_000
DIRECTIVE = re.compile(r"\{([a-z-]*)\}\s*")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class Yaml(yaml.SafeLoader):
    """YAML in which Yes, No, On and Off are words, as in version 1.2: they are answers here."""


Yaml.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


class LessonError(ValueError):
    """A file that is no lesson: the line, what stands there, and what is expected."""

    def __init__(self, path: Path, line: int, message: str):
        super().__init__(f"{path.name}, line {line}: {message}")
        self.line = line


class FrontMatter(BaseModel):
    """What stands above a lesson: its title, how many minutes it takes, what one can do afterwards."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=80)]
    minutes: Annotated[int, Field(ge=1, le=120)]
    objectives: Annotated[list[str], Field(min_length=1, max_length=6)]


@dataclass(frozen=True)
class Piece:
    """An interactive piece: its name, its checked options, the line of the file that it begins at."""

    name: str
    options: PieceOptions
    line: int


@dataclass(frozen=True)
class Step:
    """One screenful. `parts` are texts (Markdown with LaTeX between dollar signs) and pieces, in their order."""

    kind: Kind
    title: str
    parts: tuple[str | Piece, ...]
    line: int

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The interactive pieces alone."""
        return tuple(part for part in self.parts if isinstance(part, Piece))


@dataclass(frozen=True)
class Lesson:
    """A lesson. `name`, the file's without its ending, stands in its links."""

    name: str
    title: str
    minutes: int
    objectives: tuple[str, ...]
    steps: tuple[Step, ...]
    path: Path


def read_lesson(path: Path | str) -> Lesson:
    """The lesson in a file.

    Raises
    ------
    LessonError
        If the file is none: with the line, what was found there and what is expected.
    OSError
        If it cannot be read.
    """
    path = Path(path)
    if not NAME.fullmatch(path.stem):
        raise LessonError(path, 1, "the file's name stands in links; expected small letters, digits and hyphens")
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        raise LessonError(
            path, 1, f"received {len(raw):,} bytes, expected at most {MAX_BYTES:,}; make two lessons of it"
        )
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise LessonError(path, 1, "not UTF-8; save it as UTF-8 text") from None
    front, begin = _front_matter(path, lines)
    steps = _steps(path, lines, begin)
    return Lesson(path.stem, front.title, front.minutes, tuple(front.objectives), steps, path)


def _front_matter(path: Path, lines: list[str]) -> tuple[FrontMatter, int]:
    """What stands between the two lines of hyphens, and the number of lines until after them."""
    closing = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if not lines or lines[0].strip() != "---" or closing is None:
        raise LessonError(path, 1, "expected a front matter: title, minutes and objectives between two lines of ---")
    return _checked(path, 2, FrontMatter, "\n".join(lines[1:closing]), "the front matter"), closing + 1


def _checked(path: Path, line: int, model: type[BaseModel], text: str, what: str) -> Any:
    """YAML as a checked model. `line` is that of its first line."""
    try:
        values = yaml.load(text, Yaml) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise LessonError(path, line + (mark.line if mark else 0), f"{what} is no YAML: {problem}") from None
    except RecursionError:
        raise LessonError(path, line, f"{what} is nested too deeply") from None
    if not isinstance(values, dict):
        raise LessonError(path, line, f"{what}: received {str(values)[:60]!r}, expected lines such as 'title: …'")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])  # what is misspelt
        place = ".".join(map(str, first["loc"]))
        named = [i for i, each in enumerate(text.splitlines()) if place and each.startswith(f"{first['loc'][0]}:")]
        message = f"{what}: {place}: " if place else f"{what}: "
        raise LessonError(path, line + (named[0] if named else 0), message + _in_words(first, model)) from None


def _in_words(error: dict[str, Any], model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        return f"is not known here; there are {', '.join(model.model_fields)}"
    if error["type"] == "missing":
        return "is missing"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return message
    return f"received {str(error['input'])[:60]!r}, but {message[:1].lower()}{message[1:]}"


def _steps(path: Path, lines: list[str], begin: int) -> tuple[Step, ...]:
    """The steps below the front matter, which takes `begin` lines."""
    body = lines[begin:]
    tokens = [token for token in MarkdownIt().parse("\n".join(body)) if token.level == 0 and token.map]
    headings = [token for token in tokens if token.type == "heading_open" and token.tag == "h2"]
    if not headings:
        raise LessonError(
            path, begin + 1, f"expected steps, each under a heading such as '## Guess: …'; kinds are {', '.join(KINDS)}"
        )
    first = headings[0].map[0]
    if any(line.strip() for line in body[:first]):
        raise LessonError(path, begin + 1, "expected a heading such as '## Guess: …' before the first text")
    ends = [token.map[0] for token in headings[1:]] + [len(body)]
    return tuple(
        _step(path, body, begin, heading, end, [token for token in tokens if heading.map[1] <= token.map[0] < end])
        for heading, end in zip(headings, ends, strict=True)
    )


def _step(path: Path, body: list[str], begin: int, heading: Token, end: int, tokens: list[Token]) -> Step:
    line = begin + heading.map[0] + 1
    kind, colon, title = body[heading.map[0]].lstrip("# ").partition(":")
    kind = kind.strip().lower()
    if kind not in KINDS or not colon or not title.strip():
        received = body[heading.map[0]].strip()[:60]
        raise LessonError(
            path, line, f"received {received!r}, expected '## Kind: title' with a kind of {', '.join(KINDS)}"
        )
    parts: list[str | Piece] = []
    at = heading.map[1]
    for token in tokens:
        if token.type == "fence" and (named := DIRECTIVE.fullmatch(token.info.strip())):
            _add_text(parts, body[at : token.map[0]])
            parts.append(_piece(path, begin + token.map[0] + 1, named[1], token.content))
            at = token.map[1]
    _add_text(parts, body[at:end])
    return Step(kind, title.strip(), tuple(parts), line)


def _add_text(parts: list[str | Piece], lines: list[str]) -> None:
    text = "\n".join(lines).strip()
    if text:
        parts.append(text)


def _piece(path: Path, line: int, name: str, text: str) -> Piece:
    if name not in PIECES:
        raise LessonError(path, line, f"there is no piece {name!r}; pieces are {', '.join(PIECES)}")
    return Piece(name, _checked(path, line + 1, PIECES[name], text, f"the piece {name}"), line)
