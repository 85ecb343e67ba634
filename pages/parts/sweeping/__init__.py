"""The screen Sweep, in pieces."""
