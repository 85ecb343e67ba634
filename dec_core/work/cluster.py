"""The Dask cluster as its server sees it: whether the scheduler answers, and which workers may be given work."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dec_core.work import cluster_job

if TYPE_CHECKING:
    from distributed import Client

LOOK_EVERY = 1.0  # seconds
CONNECTING = 5.0  # seconds for one try to reach the scheduler


class Cluster:
    """A connection that is made anew whenever it is lost.

    Parameters
    ----------
    address : str
        Of the scheduler, as in tcp://scheduler:8786 or tls://scheduler:8786.
    tell : callable
        Is given the number of workers that may be given work, and what is wrong in a sentence or "", whenever one of
        the two has changed.

    Attributes
    ----------
    client : distributed.Client, optional
        None while the scheduler does not answer.
    suitable : tuple of str
        Addresses of the workers whose versions are those of this server.
    """

    def __init__(self, address: str, tell: Callable[[int, str], None]):
        self.address, self._tell = address, tell
        self.client: Client | None = None
        self.suitable: tuple[str, ...] = ()
        self._mismatches: dict[str, str] = {}  # by address; "" where versions are the same
        self._last_report: tuple[int, str] | None = None
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()

    def _watch(self) -> None:
        while True:
            try:
                self._look()
            except Exception as error:  # whatever Dask raises of a connection that is lost or refused
                self._lose(error)
            time.sleep(LOOK_EVERY)

    def _look(self) -> None:
        from distributed import Client

        if self.client is None:
            client = Client(self.address, timeout=CONNECTING, set_as_default=False)
            self._mismatches = {}
            self.client = client
        if self.client.status != "running":
            raise OSError(f"the connection is {self.client.status}")
        nthreads = self.client.nthreads()
        self._mismatches = {address: text for address, text in self._mismatches.items() if address in nthreads}
        for address in nthreads.keys() - self._mismatches.keys():
            self._mismatches[address] = self._mismatch(address)
        self.suitable = tuple(sorted(address for address, text in self._mismatches.items() if not text))
        self._say(len(self.suitable), self._trouble())

    def _mismatch(self, address: str) -> str:
        """How the versions in a worker differ from those here; "" where they do not."""
        expected = cluster_job.versions()
        reported = self.client.run(cluster_job.versions, workers=[address], on_error="return")[address]
        if isinstance(reported, ModuleNotFoundError):
            return "has no dec_core"
        if isinstance(reported, BaseException):
            return f"cannot say its versions ({type(reported).__name__}: {reported})"
        differing = [
            f"{name} {reported.get(name)} instead of {version}"
            for name, version in expected.items()
            if reported.get(name) != version
        ]
        return f"has {', '.join(differing)}" if differing else ""

    def _trouble(self) -> str:
        wrong = {address: text for address, text in self._mismatches.items() if text}
        if not self._mismatches:
            return "The Dask cluster has no worker: runs wait until one joins."
        if not wrong:
            return ""
        address, text = next(iter(wrong.items()))
        others = f", and {len(wrong) - 1} more like it" if len(wrong) > 1 else ""
        waiting = "" if self.suitable else " Runs wait until a worker with the versions of this server joins."
        return f"The Dask worker {address} {text}{others}: it is given no work.{waiting}"

    def _lose(self, error: Exception) -> None:
        """The scheduler does not answer: whoever has a task there will find it gone."""
        client, self.client, self.suitable = self.client, None, ()
        if client is not None:
            threading.Thread(target=_close, args=[client], daemon=True).start()
        if client is not None or self._last_report is None:
            logging.warning("%s does not answer: %s: %s", self.address, type(error).__name__, error)
        self._say(0, "The Dask scheduler does not answer; runs wait until it does.")

    def _say(self, n_workers: int, trouble: str) -> None:
        if (n_workers, trouble) != self._last_report:
            self._last_report = n_workers, trouble
            self._tell(n_workers, trouble)


def _close(client: Any) -> None:
    client.close(timeout=1)
