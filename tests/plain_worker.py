"""What tests start in place of a worker, with `sys.executable -c`."""

PLAIN_WORKER = """
import contextlib, sys, time
if sys.stdin.buffer.peek(1):
    sys.modules["matplotlib"] = None
    from dec_core.work import recorder, worker
    worker._rehearse = worker._read_images = lambda: None
    worker._step_back = lambda niceness=10: None
    worker.TOUCH_EVERY = recorder.CHECKPOINT_EVERY = 0.1
    def record(*given, real=recorder.record, **more):
        with contextlib.closing(real(*given, **more)) as events:
            for number, event in enumerate(events):
                yield event
                time.sleep(0.05 if number > 100 else 0)
    recorder.record = record
    sys.exit(worker.main())
"""  # does nothing before it is needed, and then does not give way: what it gives way to here are other tests. A run
# that goes on while something else is looked at rests between two events: it would take a core
ENDS_WITH_TRAINING = PLAIN_WORKER.replace("sys.exit", "worker._complete = lambda folder: None; sys.exit")
