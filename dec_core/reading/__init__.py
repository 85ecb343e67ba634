"""Reading RUNS: what screens and reports say of them, one read model over their folders, immutable. No TensorFlow.

Images are read in `dec_core.data`.
"""
