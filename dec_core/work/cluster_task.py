"""The Dask task that trains one run: given to the cluster, given anew when it is lost, and its worker found."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from dec_core.work import cluster_job
from dec_core.work.cluster import Cluster
from dec_core.work.cluster_job import Answer, Message

if TYPE_CHECKING:
    from distributed import Client, Future

GONE = ("cancelled", "lost", "finished")  # states of a Dask future that no worker is busy with any more


class ClusterTask:
    """At most one task at a time, under a key that is new whenever it is given.

    Parameters
    ----------
    cluster : Cluster
    run_id : str
        Stands in the key.

    Attributes
    ----------
    address : str
        Of the Dask worker that has the task, as far as is known; "" otherwise.
    """

    def __init__(self, cluster: Cluster, run_id: str):
        self.cluster, self._run_id = cluster, run_id
        self.address = ""
        self._client: Client | None = None
        self._future: Future | None = None
        self._key = ""
        self._workers: tuple[str, ...] = ()  # that may take it

    @property
    def is_given(self) -> bool:
        """Whether the scheduler has it, as far as is known."""
        is_connected = self._client is not None and self._client is self.cluster.client
        return is_connected and self._future.status not in GONE

    @property
    def error(self) -> BaseException | None:
        """Why the task has failed."""
        return self._future.exception(timeout=5) if self._future.status == "error" else None

    def give(self) -> None:
        """Have one of the suitable workers take it."""
        self._client, self._workers = self.cluster.client, self.cluster.suitable
        self._key, self.address = f"dec-{self._run_id}-{secrets.token_hex(4)}", ""
        self._future = self._client.submit(
            cluster_job.train, self._key, key=self._key, pure=False, workers=self._workers
        )

    def give_up(self) -> None:
        """Have it ended, so that it can be given anew."""
        self._future.cancel()

    def forget(self) -> None:
        """The scheduler is gone, and the task with it."""
        self._future = self._client = None

    def reconsider(self) -> None:
        """Take it back where nobody has it and workers have joined that might."""
        if not self.address and set(self.cluster.suitable) - set(self._workers):
            self._future.cancel()

    def locate(self) -> bool:
        """Find who has it; False if the scheduler does not say. To call a worker that has gone would take long."""
        try:
            if self.address not in self._client.nthreads():
                tasks = self._client.processing()
                self.address = next((address for address, keys in tasks.items() if self._key in keys), "")
        except Exception:  # whatever Dask raises of a scheduler that is gone
            return False
        return True

    def call(self, message: Message) -> Answer | BaseException | None:
        """The answer of the Dask worker; None if it has not begun with the task, or what has gone wrong.

        A task that nobody has begun may be another's by now: who has it is asked anew before the next call.
        """
        try:
            answer = self._client.run(
                cluster_job.exchange, self._key, message, workers=[self.address], on_error="return"
            )[self.address]
        except Exception as error:  # whatever Dask raises of a connection that is lost
            return error
        if answer is None:
            self.address = ""
        return answer

    def release(self) -> None:
        """The result is not needed any more."""
        if self._future is not None:
            self._future.release()
