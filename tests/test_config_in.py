"""A config comes back from every file that holds one; nothing else is taken for one."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dec_core.config import ConfigError, RunConfig
from dec_core.figures.notebook import notebook
from dec_core.figures.report import ComparedSetups, report
from dec_core.presets import PRESETS, nearest
from dec_core.reading.config_in import configs_in
from dec_core.reading.summary import RunSummary
from dec_core.runs.history import History

configs = st.builds(
    RunConfig.make,
    dataset=st.sampled_from(["mnist", "own-</script><!--\"'&{}\\n-1a2b"]),
    n_samples=st.none() | st.integers(5000, 70_000),
    method=st.sampled_from(["dec", "joint", "kmeans", "umap_gmm"]),
    hidden_units=st.lists(st.integers(2, 4096), min_size=1, max_size=6).map(tuple),
    pretrain_learning_rate=st.floats(1e-6, 10),
    tol=st.floats(0, 0.5),
    deskew=st.booleans(),
    random_state=st.integers(0, 2**31 - 1),
)


def told(config: RunConfig) -> RunSummary:
    """A run of which nothing is known but its config."""
    known = {"id": "x", "name": "", "note": "", "config": config, "preset": nearest(config), "changed": []}
    known |= {"created": "", "state": "stopped"}
    known |= {"seconds": 0.0, "n_steps": 0, "scores": {}, "sentences": [], "history": History(), "noun": "image"}
    nothing = dict.fromkeys(("confusion", "sizes", "plane", "labels", "centers"))
    return RunSummary(
        **known,
        **nothing,
        classes=(),
        cluster_order=np.arange(config.n_clusters),
        colour_by_place=np.arange(config.n_clusters),
        space="",
    )


@settings(max_examples=25)
@given(configs)
def test_a_config_comes_back_from_json_report_and_notebook(config):
    files = {"config.json": config.to_json(), "a.html": report([told(config)]), "a.ipynb": notebook(told(config))}
    for name, text in files.items():
        assert configs_in(name, text.encode()) == [config]
        assert configs_in("renamed", b"\xef\xbb\xbf" + text.encode()) == [config]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_come_back_from_a_notebook(name):
    assert configs_in("a.ipynb", notebook(told(PRESETS[name])).encode()) == [PRESETS[name]]


def test_a_report_on_several_runs_holds_the_configs_of_all():
    several = [PRESETS["fast"], PRESETS["best"], PRESETS["umap-gmm"]]
    text = report([told(config) for config in several], ComparedSetups("three", ""))
    assert configs_in("a.html", text.encode()) == several


def test_what_was_changed_in_a_notebook_counts():
    text = notebook(told(PRESETS["fast"]))
    assert "batch_size=512" in text
    (config,) = configs_in("a.ipynb", text.replace("batch_size=512", "batch_size=64").encode())
    assert config.batch_size == 64


def in_a_cell(code: str) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code", "source": code}]}).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no config"),
        (b"<html><p>something else</p></html>", "holds no config"),
        (b'{"cells": []}', "holds no config"),
        (b"{}", "holds no config"),
        (b'{"name": "package", "version": 3}', "holds no config"),
        (b'{"latent_dim": 10', "damaged"),
        (b'<script type="application/json" id="dec-config">{"latent_dim"</script>', "damaged"),
        (
            b'{"latent_dim": 10, "temperature": 2, "warmth": 1}',
            "the fields 'temperature', 'warmth', which this version",
        ),
        (b'{"latent_dim": "ten"}', "latent_dim: received 'ten'"),
        (b"\x89PNG\r\n\x1a\n\xff", "not text"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (in_a_cell("RunConfig.make(latent_dim=__import__('os').getpid())"), "expected fields written out"),
        (in_a_cell("RunConfig.make(**values)"), "expected fields written out"),
    ],
)
def test_other_files_are_refused_by_name_and_cause(content, said):
    with pytest.raises(ConfigError) as caught:
        configs_in("some.file", content)
    assert said in str(caught.value) and len(str(caught.value)) < 300


pieces = st.sampled_from(
    [b"{", b"}", b'"', b":", b"[", b'"cells"', b'"source"', b'"cell_type": "code"', b"RunConfig.make(", b"latent_dim",
     b"=1e999", b'<script type="application/json" id="dec-config">', b"</script>", b"null", b"NaN", b"\x00", b"\xff",
     b"9" * 5000]
)  # fmt: skip


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.lists(pieces | st.binary(max_size=4), max_size=20).map(b"".join))
def test_whatever_the_bytes_nothing_but_a_config_error_comes(content):
    try:
        configs = configs_in("x", content)
    except ConfigError:
        return
    assert configs and all(isinstance(config, RunConfig) for config in configs)
