"""What a Dask worker of the tests loads first (`dask worker --preload`): it trains as workers of other tests do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from plain_worker import ENDS_WITH_TRAINING

from dec_core.work import cluster_job

cluster_job.WORKER = ENDS_WITH_TRAINING
