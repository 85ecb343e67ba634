"""Private names of other libraries: that the versions here have them, and that one module each uses them."""

import ast
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from dec_core.analysis import umap_internals
from dec_core.training import optimizers

pytestmark = pytest.mark.slow

UMAPS = [
    ("layouts", umap_internals.ONE_PASS),
    ("layouts", umap_internals.ONE_PASS_ON_ALL_THREADS),
    *(("umap_", name) for name in umap_internals.OF_THE_GRAPH),
]
CORE = Path(__file__).parents[1] / "dec_core"


@pytest.mark.parametrize("name", optimizers.PRIVATE)
def test_keras_has_them(name):
    adam = keras.optimizers.Adam(0.1)
    adam.build([keras.Variable(np.zeros(2, "float32"))])
    where = "training/optimizers.py uses it; mend that, or lower the bound in pyproject.toml"
    assert hasattr(adam, name), f"keras {keras.__version__} has moved Adam.{name}: {where}"


def test_keras_still_sums_gradients_by_the_method_that_is_replaced(monkeypatch):
    """Else the replacement would be in vain, and each run would leave what it compiled."""
    asked = []
    real = keras.optimizers.SGD._all_reduce_sum_gradients
    monkeypatch.setattr(
        keras.optimizers.SGD, "_all_reduce_sum_gradients", lambda *given: asked.append(1) or real(*given), raising=True
    )
    variable = keras.Variable(np.zeros(2, "float32"))
    keras.optimizers.SGD(0.1).apply([np.ones(2, "float32")], [variable])
    assert asked, f"keras {keras.__version__} sums gradients elsewhere; see training/optimizers.py"


def test_umap_has_them_and_keeps_what_is_compiled():
    import umap

    from dec_core.analysis.projection import umap_plane

    z = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    for random_state in (0, None):
        umap_plane(z, z[:, :2], random_state=random_state)
    for module, name in UMAPS:
        function = getattr(getattr(umap, module), name, None)
        moved = f"umap-learn {umap.__version__} has moved umap.{module}.{name}; see umap_internals.py"
        assert function is not None and function.signatures, moved
        kept = {*function.stats.cache_hits, *function.stats.cache_misses}
        assert kept == set(function.signatures), f"umap.{module}.{name} is compiled anew in every process"
        assert module == "umap_" or function.targetoptions["nogil"] is True, moved


def test_another_version_of_umap_is_left_alone():
    another = SimpleNamespace(layouts=SimpleNamespace(moved=1), umap_=SimpleNamespace())
    umap_internals.prepare(another)
    assert vars(another.layouts) == {"moved": 1} and not vars(another.umap_)


def test_nobody_else_names_them():
    names = {*optimizers.PRIVATE, *(name for _, name in UMAPS)}
    for path in sorted(CORE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not used & names or path.name in ("optimizers.py", "umap_internals.py"), path
