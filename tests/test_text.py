"""Text from outside: escaped wherever Streamlit or Jupyter reads Markdown."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pages.shared.text import count_of, escape, sentence

PAGES = Path(__file__).parents[1] / "pages"


# -- what is escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mnist-fast, seed 3 (97.3 %)", "mnist-fast, seed 3 (97.3 %)"),
        ("![x](http://a/b.png)", "!\\[x\\](http\\:\u2060//a/b.png)"),
        ("<img src=x>", "\\<img src=x\\>"),
        (":red[x]", "\\:\u2060red\\[x\\]"),
        (":material/home:", "\\:\u2060material/home:"),
        ("$x$ `y` *z* _u_ ~~v~~", "\\$x\\$ \\`y\\` \\*z\\* \\_u\\_ \\~\u2060\\~v\\~\u2060\\~"),
        ("www.a.b, a@b.c", "www\u2060.a.b, a@\u2060b.c"),
        ("\\(x\\)", "&#92;(x&#92;)"),
        ("&lt;", "\\&lt;"),
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("12) a", "12\\) a"),
        ("  a\n\n    b\t\u2028c ", "a b c"),
        ("1\u2009797", "1\u2009797"),
        ("a\x00\u202eb", "a\ufffd\ufffdb"),
        (9, "9"),
    ],
)
def test_text_is_escaped(text, shown):
    assert escape(text) == shown


def test_long_text_is_cut_before_it_is_escaped():
    assert escape("*" * 50, 10) == "\\*" * 9 + "…"


def test_a_sentence_has_a_capital_and_one_full_stop():
    assert sentence(ValueError("received [x], expected y")) == "Received \\[x\\], expected y."
    assert sentence("Training collapsed.") == "Training collapsed."
    assert sentence("") == ""


# -- that nothing is forgotten: the pages are read as trees

# Streamlit reads Markdown in the first arguments of these, as many as stand here (else one), and in some keywords
WIDGETS = {
    "button", "caption", "checkbox", "dialog", "download_button", "error", "expander", "file_uploader", "header",
    "info", "link_button", "markdown", "menu_button", "multiselect", "number_input", "page_link", "pills", "popover",
    "radio", "segmented_control", "select_slider", "selectbox", "slider", "spinner", "status", "subheader", "success",
    "text_area", "text_input", "toast", "toggle", "warning",
}  # fmt: skip
N_READ = {"metric": 3, "page_link": 0, "progress": 0}
KEYWORDS = ("label", "help", "body", "text", "caption")
SAFE = {
    "escape",
    "as_written",
    "count_of",
    "matrix_in_words",
    "finding",
    "sentence",
    "thousands",
    "len",
    "int",
    "float",
    "field_title",
    "fields",
    "sum",
    "tooltip",
    "explained",
    "entry_of",
    "expected_time",
    "texts_of",
}  # or the program's own words


@dataclass
class Page:
    """A module of the pages, and which parameters of its functions reach Markdown as they are."""

    tree: ast.Module
    handed_on: dict[str, set[str]] = field(default_factory=dict)

    @property
    def functions(self) -> dict[str, ast.FunctionDef]:
        return {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}


def unescaped(sources: dict[str, str]) -> list[str]:
    """Expressions that reach Markdown, and neither are the program's own words nor went through `escape`.

    Where a function hands its parameter on, its callers are looked at instead, in whatever module they are.
    """
    pages = {name: Page(ast.parse(source)) for name, source in sources.items()}
    n_known = -1
    while n_known < (n_known := sum(len(each) for page in pages.values() for each in page.handed_on.values())):
        handed_on = [(page.functions[name], names) for page in pages.values() for name, names in page.handed_on.items()]
        shared = {function.name: (function, names) for function, names in handed_on if function.name[0] != "_"}
        places = [f"{name}:{line}" for name, page in pages.items() for line in _unescaped_in(page, shared)]
    return places


def _unescaped_in(page: Page, shared: dict) -> Iterator[str]:
    functions = {name: (page.functions[name], names) for name, names in page.handed_on.items()}
    for scope in (page.tree, *page.functions.values()):
        parameters = {each.arg for each in ast.walk(scope) if isinstance(each, ast.arg)}
        for call in _calls(scope):
            for text in _markdown_of(call, shared | functions):
                for part in _doubtful(text, scope, page):
                    if isinstance(part, ast.Name) and part.id in parameters:
                        page.handed_on.setdefault(scope.name, set()).add(part.id)
                    else:
                        yield f"{part.lineno}: {ast.unparse(part)}"


def _calls(scope: ast.AST) -> Iterator[ast.Call]:
    """Calls in a function, or in a module outside its functions."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef):
            if isinstance(node, ast.Call):
                yield node
            yield from _calls(node)


def _markdown_of(call: ast.Call, functions: dict) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in functions:
        function, read = functions[name]
        order = [each.arg for each in function.args.args if each.arg != "self"]
        yield from (value for parameter, value in zip(order, call.args, strict=False) if parameter in read)
        yield from (keyword.value for keyword in call.keywords if keyword.arg in read)
    elif isinstance(call.func, ast.Attribute) and (name in WIDGETS or name in N_READ):
        yield from call.args[: N_READ.get(name, 1)]
        yield from (keyword.value for keyword in call.keywords if keyword.arg in KEYWORDS)


def _doubtful(text: ast.expr, scope: ast.AST, page: Page, seen: frozenset[str] = frozenset()) -> Iterator[ast.expr]:
    """The parts of an expression of which it is not plain that they are the program's own, or numbers, or escaped."""
    match text:
        case ast.Constant():
            parts = []
        case ast.JoinedStr(values=values):
            parts = [each.value for each in values if isinstance(each, ast.FormattedValue) and not _is_number(each)]
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
            pass
        case ast.BinOp(left=left, op=operator, right=right):
            parts = [left, right] if isinstance(operator, ast.Add) else []
        case ast.Starred(value=part) | ast.GeneratorExp(elt=part) | ast.ListComp(elt=part) | ast.DictComp(value=part):
            parts = [part]
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=parts):
            pass
        case ast.Call(func=ast.Attribute(value=part, attr="lower" | "upper" | "capitalize" | "get" | "items")):
            parts = [part, *text.args[1:]]
        case ast.Call(func=ast.Name(id=name)) if name in SAFE:
            parts = []
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name)) if (
            name in page.functions
        ):
            scope, seen = page.functions[name], frozenset()
            parts = [node.value for node in ast.walk(scope) if isinstance(node, ast.Return) and node.value]
        case ast.Attribute(value=part, attr=name):
            parts = []
            if not (name.isupper() or _is_a_constants(part)):
                yield text
        case ast.Subscript(value=part):
            parts = [part]
        case ast.Name(id=name) if name.isupper() or name in seen:
            parts = []
        case ast.Name(id=name):
            parts, seen = list(_bindings(name, scope)), seen | {name}
            if not parts:
                yield text
        case _:
            parts = []
            yield text
    for part in parts:
        yield from _doubtful(part, scope, page, seen)


def _is_a_constants(owner: ast.expr) -> bool:
    """Whether it is a constant of the program's, or a part of one."""
    while isinstance(owner, ast.Attribute | ast.Subscript):
        owner = owner.value
    return isinstance(owner, ast.Name) and owner.id.isupper()


def _bindings(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    """Whatever is given to a name in a function, or appended to a list of that name."""
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[target], value=value) | ast.For(target=target, iter=value):
                yield from _parts_for(name, target, value, each=isinstance(node, ast.For))
            case ast.comprehension(target=target, iter=value):
                yield from _parts_for(name, target, value, each=True)
            case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value) if value:
                yield from _parts_for(name, target, value, each=False)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=listed), attr="append"), args=[value]):
                if listed == name:
                    yield value


def _parts_for(name: str, target: ast.expr, value: ast.expr, *, each: bool) -> Iterator[ast.expr]:
    """What `name` gets where `target` is given `value`, or each of its parts: of tuples in their order."""
    names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    match target, value:
        case _ if name not in names:
            return
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=zipped) if each:
            for one, values in zip(targets, zipped, strict=True):
                yield from _parts_for(name, one, values, each=True)
        case ast.Tuple(), (ast.List(elts=rows) | ast.Tuple(elts=rows)) if each:
            for row in rows:
                yield from _parts_for(name, target, row, each=False)
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            yield from (value for one, value in zip(targets, values, strict=True) if ast.unparse(one) == name)
        case _:
            yield value


def _is_number(part: ast.FormattedValue) -> bool:
    """Formatted as a number, which no text can be."""
    return part.format_spec is not None and ast.unparse(part.format_spec).rstrip("'\"")[-1:] in tuple("fdeg%")


def test_whatever_reaches_markdown_is_escaped():
    sources = {str(path.relative_to(PAGES)): path.read_text(encoding="utf-8") for path in PAGES.rglob("*.py")}
    assert unescaped(sources) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(run):\n    st.markdown(run.name)",
        "def f(run):\n    st.caption(f'the run {run.name}')",
        "def f(run):\n    words = 'the run ' + run.name\n    st.button('Go', help=words)",
        "def f(run):\n    words = []\n    words.append(run.name)\n    st.warning(' '.join(words))",
        "def f(runs):\n    for run in runs.names:\n        st.toast(run)",
        "def f(words):\n    st.markdown(f'**{words}**')\ndef g(run):\n    f(run.name)",
        "def f(run):\n    left.metric('Runs', run.name)",
    ],
)
def test_what_is_forgotten_is_found(source):
    assert len(unescaped({"a.py": source})) == 1
    assert (
        unescaped({"a.py": source.replace("run.name", "escape(run.name)").replace("toast(run)", "toast(escape(run))")})
        == []
    )


def test_what_a_function_hands_on_is_found_where_it_is_called():
    box = "def box(question):\n    st.markdown(question)"
    assert unescaped({"a.py": box, "b.py": "def g(run):\n    box(run.question)"}) == ["b.py:2: run.question"]
    assert unescaped({"a.py": box, "b.py": "def g(run):\n    box('Which?')"}) == []


@pytest.mark.parametrize(
    ("n", "words"), [(0, "0 trials"), (1, "1 trial"), (2, "2 trials"), (1200, "1\u2009200 trials")]
)
def test_a_single_one_has_no_plural(n, words):
    assert count_of(n, "trial") == words
