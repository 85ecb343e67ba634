"""What several screens use: components, the run in focus, names of runs."""
