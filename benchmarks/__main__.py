"""python -m benchmarks: how fast and how good, measured. A file per command, put together here."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks import (
    app_latency,
    bench,
    clustpy_scores,
    decoder,
    draw_latency,
    fashion,
    faults,
    first_minute,
    fuzz_uploads,
    gallery,
    how_many,
    inspect_latency,
    large,
    lesson_room,
    live_umap,
    memory,
    pictures,
    profile,
    recipes,
    redraw,
    robustness,
    room,
    stepper_frames,
    sweep_example,
    table,
    teachers,
)
from dec_core.cli import parser_of, run

COMMANDS = (
    bench, clustpy_scores, profile, table, recipes, fashion, teachers, robustness, how_many, decoder, first_minute,
    sweep_example, inspect_latency, app_latency, draw_latency, redraw, stepper_frames,
    live_umap, large, memory, pictures, fuzz_uploads, faults, room, lesson_room, gallery,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code, as that of `dec_core`."""
    parser = parser_of("python -m benchmarks", "How fast and how good, measured.", COMMANDS)
    return run(parser, sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
