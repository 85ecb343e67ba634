"""python -m benchmarks bench: what it compares, prints and keeps."""

import json
from dataclasses import replace

import pytest

from benchmarks.__main__ import main
from dec_core.config import RunConfig
from dec_core.machine import INSTRUCTIONS

pytestmark = pytest.mark.slow


@pytest.mark.night  # it trains with every library that it compares; what it counts: below
def test_bench_prints_all_ratios_skips_aloud_and_keeps_its_history(tmp_path, capsys, monkeypatch):
    from benchmarks import bench

    def missing(*_):
        raise ImportError("No module named 'torch'")

    monkeypatch.setattr(bench, "fast_precision", lambda: "bfloat16")
    monkeypatch.setattr(bench, "WORK", [replace(w, torch=missing, clustpy=w.clustpy and missing) for w in bench.WORK])
    small = {work.preset: bench.PRESETS[work.preset] for work in bench.WORK}
    small = {name: config.changed(hidden_units=(64, 32), filters=(4, 8, 8)) for name, config in small.items()}
    monkeypatch.setattr(bench, "PRESETS", bench.PRESETS | small)
    kept = tmp_path / "kept.json"
    kept.write_text('[{"date": "before"}]')
    assert main(["bench", "--samples", "1024", "--json", "--history", str(kept)]) == 0
    out, err = capsys.readouterr()
    figures = json.loads(out.splitlines()[-1])
    rows = figures["rows"]
    assert ["dense" in rows[0]["work"], "convolutional" in rows[1]["work"], len(rows)] == [True, True, 3]
    for row in rows:
        assert list(row["seconds"]) == ["float32", "bfloat16"] and list(row["others"]) == ["keras"]
        assert f"keras {row['others']['keras'] / row['seconds']['float32']:.2f} x" in out
    assert [set(row.get("bare", ())) for row in rows] == [{"float32", "bfloat16"}, set(), {"float32", "bfloat16"}]
    assert "PyTorch, compiled is skipped" in err and "ClustPy is skipped" in err
    history = json.loads(kept.read_text())
    assert history[0] == {"date": "before"} and history[1]["rows"] == rows
    assert (history[1]["samples"], history[1]["batch_size"], history[1]["growth"]) == (1024, 256, {})
    assert history[1]["processor"] and set(history[1]["instructions"]) <= set(INSTRUCTIONS)


@pytest.mark.parametrize("faster, compared", [("float32", ["float32"]), ("bfloat16", ["float32", "bfloat16"])])
def test_what_the_processor_cannot_multiply_in_is_not_compared(faster, compared, monkeypatch):
    from benchmarks import bench

    monkeypatch.setattr(bench, "fast_precision", lambda: faster)
    asked, told = [], []
    work = replace(
        bench.WORK[0], ours=lambda config, x: asked.append((config.precision, config.batch_size)) or 1.0,
        keras=lambda config, x: 2.0, torch=lambda config, x, kind: told.append((kind, config.batch_size)) or 3.0,
        clustpy=None, products=None,
    )  # fmt: skip
    row = bench._measured(work, None, 512)
    assert list(row["seconds"]) == compared and asked == [(precision, 512) for precision in compared]
    assert told == [(kind, 512) for kind in [*compared, "compiled"]]


@pytest.mark.night  # it builds Keras's own networks of full size
@pytest.mark.parametrize("preset", ["tutorial-dec", "tutorial-conv-dec"])
def test_the_keras_that_bench_compares_with_is_kerass_own_of_the_same_size(preset):
    from benchmarks import peers
    from dec_core.architecture import architecture
    from dec_core.presets import PRESETS

    config = PRESETS[preset]
    described = architecture(config, (28, 28))
    for ours, keras_model in (
        (described.encoder, peers._keras_encoder(config)),
        (described.decoder, peers._keras_decoder(config)),
    ):
        assert keras_model.count_params() == sum(layer.n_parameters for layer in ours)
        assert keras_model.output_shape[1:] == tuple(ours[-1].shape)
        assert all(type(layer).__module__.startswith("keras.") for layer in keras_model.layers)


def test_the_bare_products_of_an_epoch_are_those_of_its_layers():
    from benchmarks.bench import _epoch_products, _interval_products

    config = RunConfig.make(hidden_units=(500,), batch_size=100, update_interval=3)
    flops = lambda products: sum(2 * a * b * c * times for a, b, c, times in products)  # noqa: E731
    layers = 2 * (784 * 500 + 500 * 10)  # weights of encoder and decoder
    assert flops(_epoch_products(config, 1000)) == 2 * 1000 * (3 * layers - 784 * 500)  # no way back to the images
    encoder = layers // 2
    assert flops(_interval_products(config, 4096)) == 2 * 4096 * encoder + 2 * 300 * (3 * encoder - 784 * 500)
