"""Lessons: read from their files, refused with the line and the remedy, those that come along all whole."""

import random
import re
from pathlib import Path

import pytest

from dec_core.cli import main
from dec_core.glossary import keys, term
from dec_core.lessons import LessonError, lessons, problems, read_lesson
from dec_core.lessons.pieces import PIECES
from dec_core.lessons.shelf import BUNDLED, bundled_files

HEAD = "---\ntitle: Try\nminutes: 5\nobjectives: [see]\n---\n"
CHECK = "```{check}\nquestion: Is it?\noptions: [Yes, 4]\nright: 1\nbecause: [It is, It is not]\n```\n"
TARGET = "## Do: it\n```{target}\npoints: [{name: One, q: [0.5, 0.5]}]\nothers: [9, 9]\n```"
SENTENCE = """## Do: it
```{sentence}
formula: two-clusters
text: "{q} and {fill} make [p]"
numbers:
  q: {value: 0.6, low: 0.5, high: 1}
  fill: {value: 1, low: 1, high: 2}
```
"""
NUMBERS = "## Do: it\n```{numbers}\nrun: gallery-first-look\nsample: 70\n```"
WHOLE = f"{HEAD}\n## Guess: One?\n\nA text.\n\n```python\n## no heading\n```\n\n{CHECK}\n## Why: Two\n\nAnother.\n"


@pytest.fixture
def lesson(tmp_path):
    def written(text, name="mine.md"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return written


def test_a_lesson_is_its_steps_with_texts_and_pieces_in_their_order(lesson):
    read = read_lesson(lesson(WHOLE))
    assert (read.name, read.title, read.minutes, read.objectives) == ("mine", "Try", 5, ("see",))
    assert [(step.kind, step.title) for step in read.steps] == [("guess", "One?"), ("why", "Two")]
    text, check = read.steps[0].parts
    assert text == "A text.\n\n```python\n## no heading\n```"  # other fences are code
    assert (check.name, check.options.right, check.options.options) == ("check", 1, ["Yes", "4"])
    assert WHOLE.splitlines()[check.line - 1] == "```{check}"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("# No front matter", 1, "expected a front matter"),
        ("", 1, "expected a front matter"),
        (HEAD.replace("minutes: 5\n", ""), 2, "minutes: is missing"),
        (HEAD.replace("minutes: 5", "minutes: soon"), 3, "minutes: received 'soon'"),
        (HEAD.replace("minutes: 5", "minute: 5"), 3, "minute"),
        (HEAD.replace("title: Try", "title: [a"), 3, "no YAML"),
        (HEAD, 6, "expected steps"),
        (HEAD + "lost\n## Do: it\n", 6, "before the first text"),
        (HEAD + "## Play: it\n", 6, "kind of guess, do, see, why, check"),
        (HEAD + "## Do: it\n```{steper}\n```\n", 7, "there is no piece 'steper'; pieces are guess, check"),
        (HEAD + "## Do: it\n" + CHECK.replace("right: 1", "right: 3"), 8, "right: received 3, expected 1 to 2"),
        (HEAD + "## Do: it\n" + CHECK.replace("right: 1", "rihgt: 1"), 10, "rihgt: is not known here"),
        (HEAD + "## Do: it\n```{guess}\nquestion: A?\nanswer: 3\n```", 8, "either options, or low and high"),
        (HEAD + "## Do: it\n```{code}\nfunction: dec_core/analysis/no.py:f\n```", 8, "there is no file"),
        (HEAD + TARGET.replace("0.5", "0.4"), 8, "add up to 0.8; expected 1"),
        (HEAD + TARGET.replace("[9, 9]", "[9, 9, 9]"), 8, "received 3 clusters"),
        (HEAD + NUMBERS.replace("70", "10000"), 8, "sample: received 10000, expected a number below 10000"),
        (HEAD + NUMBERS.replace("first-look", "no"), 8, "there is no recording"),
        (HEAD + SENTENCE.replace("{fill}", "{full}"), 8, "there is no number 'full' of two-clusters; it has q, fill"),
        (HEAD + SENTENCE.replace("[p]", "[z]"), 8, "there is no result 'z'"),
        (
            HEAD + SENTENCE.replace("  q: {value: 0.6", "  r: {value: 0.6"),
            8,
            "received r, fill; two-clusters takes q, fill",
        ),
        (HEAD + SENTENCE.replace("value: 0.6", "value: 6"), 10, "received 6, expected a number from low to high"),
        (HEAD + "## Do: it\n```{code}\nfunction: dec_core/analysis/assignment.py:f\n```", 8, "there is no function f"),
    ],
)
def test_what_is_no_lesson_is_refused_with_its_line_and_the_remedy(lesson, text, line, says):
    with pytest.raises(LessonError) as error:
        read_lesson(lesson(text))
    assert says in str(error.value) and f"mine.md, line {line}:" in str(error.value)


def test_a_file_whose_name_cannot_stand_in_a_link_is_refused(lesson):
    with pytest.raises(LessonError, match="small letters"):
        read_lesson(lesson(WHOLE, "My lesson.md"))


def test_damaged_files_are_read_or_refused_in_words(lesson):
    bits = ["", "---", "```", "{", "&a *a", "\x00", "## ", ": [", "\ufeff"]
    for seed in range(200):
        draw, letters = random.Random(seed), list(WHOLE)
        for _ in range(draw.randint(1, 12)):
            at = draw.randrange(len(letters))
            letters[at : at + draw.randint(0, 6)] = draw.choice(bits)
        for problem in problems(lesson("".join(letters))):  # and raises nothing
            assert problem.startswith("mine.md, line "), seed


def test_every_lesson_that_comes_along_is_whole():
    files = bundled_files()
    assert sorted(files) == sorted(BUNDLED.glob("*.md"))  # each has its place in the order
    assert [problem for file in files for problem in problems(file)] == []
    for lesson_ in lessons()[0]:
        kinds = [step.kind for step in lesson_.steps]
        assert kinds[0] == "guess" and kinds[-1] == "check" and {"see", "why"} & set(kinds), lesson_.name


def test_own_lessons_stand_behind_those_that_come_along_or_in_their_place(tmp_path, lesson, monkeypatch):
    lesson(WHOLE, "zebra.md"), lesson(WHOLE, "pixels.md"), lesson("nothing", "broken.md")
    monkeypatch.setenv("DEC_LESSONS", str(tmp_path))
    known, wrong = lessons()
    assert [each.name for each in known[:2]] == ["tour", "pixels"]  # who is new begins with the tour
    assert (known[1].title, known[-1].name) == ("Try", "zebra")
    assert [each.split(",")[0] for each in wrong] == ["broken.md"]
    monkeypatch.setenv("DEC_LESSONS", str(tmp_path / "missing"))
    assert "there is no folder" in lessons()[1][0]


def test_a_link_to_a_lesson_that_there_is_not_is_a_problem(lesson):
    link = "```{link}\nlabel: On\npage: learn\nquery: lesson=nowhere&step=2\n```\n"
    assert "'nowhere', which there is not" in problems(lesson(f"{HEAD}## Do: it\n{link}"))[0]
    assert problems(lesson(f"{HEAD}## Do: it\n{link.replace('nowhere', 'pixels')}")) == []


def test_a_way_that_a_check_shows_is_looked_at_too(lesson):
    check = CHECK.replace("right: 1", "right: 1\nthen: {label: On, page: learn, query: lesson=nowhere}")
    assert "'nowhere', which there is not" in problems(lesson(f"{HEAD}## Check: it\n{check}"))[0]
    assert problems(lesson(f"{HEAD}## Check: it\n{check.replace('nowhere', 'pixels')}")) == []


def test_code_is_the_line_that_is_meant_and_some_around_it_by_their_numbers_in_the_file():
    file, name = "dec_core/analysis/assignment.py", "soft_assignment"
    lines = (Path(__file__).parents[1] / file).read_text(encoding="utf-8").splitlines()
    code = PIECES["code"](function=f"{file}:{name}", line="q = (1.0", around=1)
    before, meant, after = code.excerpt()
    assert code.head.startswith(f"def {name}(")
    assert meant == (code.meant, lines[code.meant - 1]) and "q = (1.0" in meant[1]
    assert (before[0], after[0]) == (code.meant - 1, code.meant + 1)
    whole = PIECES["code"](function=f"{file}:{name}")
    assert whole.meant == 0 and whole.head == "" and all(text == lines[number - 1] for number, text in whole.excerpt())
    assert not any('"""' in text for _, text in whole.excerpt()) and len(whole.excerpt()) > 4


def test_the_words_that_lessons_link_to_are_names_in_the_glossary():
    names = [term(key).name.lower() for key in keys()]
    links = {
        (lesson_.name, word)
        for lesson_ in lessons()[0]
        for step in lesson_.steps
        for part in step.parts
        for word in re.findall(r"\(\./glossary\?word=([^)]*)\)", str(part))
    }
    assert links and [each for each in links if not any(name.startswith(each[1].lower()) for name in names)] == []


def test_the_command_lists_lessons_and_checks_files(lesson, capsys):
    assert main(["lessons"]) == 0
    assert "pixels" in capsys.readouterr().out
    assert main(["lessons", "check", str(lesson(WHOLE))]) == 0
    assert "nothing wrong" in capsys.readouterr().out
    assert main(["lessons", "check", str(lesson("nothing")), "missing.md"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2 and all(each.startswith("error: ") for each in errors)


def test_the_example_in_the_docs_is_a_lesson_and_every_piece_stands_there(lesson):
    page = (Path(__file__).parents[1] / "docs" / "lessons.md").read_text(encoding="utf-8")
    example = page.partition("````markdown\n")[2].partition("````")[0]
    path = lesson(example, "alpha.md")
    assert problems(path) == []
    assert [step.kind for step in read_lesson(path).steps] == ["guess", "do", "why", "check"]
    rows = {row.split("|")[1].strip(" `"): row for row in page.splitlines() if row.startswith("| `")}
    assert set(rows) == set(PIECES)
    for name, row in rows.items():
        assert all(f"`{option}`" in row for option in PIECES[name].model_fields), name
