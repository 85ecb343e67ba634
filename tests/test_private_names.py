"""Private names of other libraries: that the versions here have them, and that one module each uses them."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest

from dec_core.analysis import umap_internals
from dec_core.training import optimizers

pytestmark = pytest.mark.slow

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


def test_a_layout_leaves_python_to_a_training_beside():
    import umap

    from dec_core.analysis.projection import umap_plane

    moved = f"umap-learn {umap.__version__} has moved umap.layouts.{umap_internals.ONE_PASS}; see umap_internals.py"
    assert hasattr(umap.layouts, umap_internals.ONE_PASS), moved
    z = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    umap_plane(z, z[:, :2], random_state=0)
    one_pass = getattr(umap.layouts, umap_internals.ONE_PASS)
    assert one_pass.signatures and one_pass.targetoptions["nogil"] is True, moved


def test_another_version_of_umap_is_left_alone():
    umap_internals.release_the_lock(object())


def test_nobody_else_names_them():
    names = {*optimizers.PRIVATE, umap_internals.ONE_PASS}
    for path in sorted(CORE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used |= {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not used & names or path.name in ("optimizers.py", "umap_internals.py"), path
