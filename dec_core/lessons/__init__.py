"""Lessons: files of Markdown, their steps, and the interactive pieces that are named in them.

    lesson = read_lesson("soft-assignment.md")
    for step in lesson.steps:
        step.kind, step.title, step.parts

No Streamlit here: what a piece looks like on screen is the app's. `docs/lessons.md` tells how to write one.
"""

from dec_core.lessons.lesson import Lesson, LessonError, Piece, Step, read_lesson
from dec_core.lessons.shelf import lessons, problems

__all__ = ["Lesson", "LessonError", "Piece", "Step", "lessons", "problems", "read_lesson"]
