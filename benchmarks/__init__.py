"""How fast and how good: measured, kept as a history, and written into docs/. Not part of the wheel.

Each command of `python -m benchmarks` is a file here with its own `add_parser`.
"""
