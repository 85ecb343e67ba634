"""How fast and how good: measured, kept as a history, and written into docs/. Not part of the wheel."""
