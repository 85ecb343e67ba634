"""The screen Compare, in pieces."""
