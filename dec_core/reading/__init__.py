"""What screens and reports say of runs: one read model over the folder, immutable. No TensorFlow."""
