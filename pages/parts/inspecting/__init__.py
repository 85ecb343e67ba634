"""The parts of the screen Inspect."""
