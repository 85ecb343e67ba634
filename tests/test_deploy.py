"""The image of the app: it holds all that the app imports, and names nothing that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
CONTEXT = [line[1:] for line in IGNORED if line.startswith("!")]


def test_an_image_holds_all_that_the_app_imports():
    sources = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "dec_core").rglob("*.py")]
    imported = {
        name
        for path in sources
        for name in re.findall(r"^(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.M)
        if (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()
    }
    assert imported and imported <= set(CONTEXT)


def test_an_image_is_made_of_what_is_there():
    copied = re.search(r"^COPY (.+) \./$", (ROOT / "deploy" / "Dockerfile").read_text(), re.M)[1].split()
    assert set(copied) <= set(CONTEXT) and all((ROOT / name).exists() for name in CONTEXT)


def test_an_image_takes_no_secrets_along():
    assert IGNORED.index("*") < IGNORED.index("!.streamlit") < IGNORED.index(".streamlit/secrets.toml")
    assert not {"runs", "deploy"} & set(CONTEXT)
