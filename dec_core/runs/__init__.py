"""A run on disk, the process that trains it, and the queue of them. Imports no TensorFlow: workers do."""
