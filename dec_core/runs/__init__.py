"""A run on disk: its folder, records, snapshots and marks, and the index of all runs. No TensorFlow."""
