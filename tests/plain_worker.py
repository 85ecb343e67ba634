"""What tests start in place of a worker, with `sys.executable -c`."""

PLAIN_WORKER = """
import sys
if sys.stdin.buffer.peek(1):
    from dec_core.work import recorder, worker
    worker._rehearse = worker._read_images = lambda: None
    worker._step_back = lambda niceness=10: None
    worker.TOUCH_EVERY = recorder.CHECKPOINT_EVERY = 0.1
    sys.exit(worker.main())
"""  # does nothing before it is needed, and then does not give way: what it gives way to here are other tests
ENDS_WITH_TRAINING = PLAIN_WORKER.replace("sys.exit", "worker._complete = lambda folder: None; sys.exit")
