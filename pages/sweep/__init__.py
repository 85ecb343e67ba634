"""The screen Sweep."""
