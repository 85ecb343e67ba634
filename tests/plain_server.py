"""python -m plain_server ARGUMENTS: Streamlit, over workers that do little: for a server of which little is asked."""

import runpy

from plain_worker import ENDS_WITH_TRAINING

from dec_core.work import worker_process

if __name__ == "__main__":
    worker_process.WORKER = ENDS_WITH_TRAINING
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
