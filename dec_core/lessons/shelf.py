"""Which lessons there are: those that come along, in their order, and those of a folder of one's own."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from dec_core.lessons.lesson import Lesson, LessonError, read_lesson

BUNDLED = Path(__file__).parent / "texts"
ORDER = BUNDLED / "order.txt"  # names, one a line


def lessons(own: Path | None = None) -> tuple[list[Lesson], list[str]]:
    """All lessons that can be read, those of the folder `own` last, and of the others what is wrong.

    One of one's own takes the place of a bundled one of the same name. Without `own`, the folder is that of the
    environment's DEC_LESSONS, if there is one.
    """
    own = own or (Path(os.environ["DEC_LESSONS"]) if os.environ.get("DEC_LESSONS") else None)
    found: dict[str, Lesson] = {}
    wrong: list[str] = []
    for path in [*bundled_files(), *_own_files(own, wrong)]:
        try:
            lesson = _read(path, path.stat().st_mtime_ns)
            found[lesson.name] = lesson
        except (LessonError, OSError) as error:
            wrong.append(str(error))
    return list(found.values()), wrong


def bundled_files() -> list[Path]:
    """The files of the lessons that come along, in the order in which they are taught."""
    return [BUNDLED / f"{name}.md" for name in ORDER.read_text(encoding="utf-8").split()]


def _own_files(folder: Path | None, wrong: list[str]) -> list[Path]:
    if folder is None:
        return []
    if not folder.is_dir():
        wrong.append(f"DEC_LESSONS: there is no folder {str(folder)!r}; make it, or name another one")
        return []
    return sorted(folder.glob("*.md"))


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> Lesson:
    return read_lesson(path)


def problems(path: Path) -> list[str]:
    """What is wrong with a file as a lesson, each in a sentence; nothing if nothing is."""
    try:
        lesson = read_lesson(path)
    except LessonError as error:
        return [str(error)]
    except OSError as error:
        return [f"{path}: cannot be read: {error.strerror or error}"]
    names = {each.stem for each in bundled_files()} | {lesson.name}
    return [
        f"{path.name}, line {piece.line}: the link leads to the lesson {link.lesson!r}, which there is not"
        for step in lesson.steps
        for piece in step.pieces
        if (link := piece.options if piece.name == "link" else getattr(piece.options, "then", None)) is not None
        and link.lesson not in ("", *names)
    ]
