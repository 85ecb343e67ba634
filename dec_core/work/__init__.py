"""What trains: the recorder, the worker process, the queue of runs, post-processing, the workers of sweeps."""
