"""Arrays in, arrays out: scores, soft assignments, projections. No TensorFlow, no files, no screen."""
