"""One who listens to a stream of server-sent events, for tests without a server."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

PATIENCE = 60.0  # seconds; a busy machine is slow, and speed is not what is tested here


class Listener:
    """The events that have come, and the way to leave."""

    def __init__(self, app, address: str, **headers: str):
        self.app, self.headers = app, headers
        self.path, _, self.query = address.partition("?")
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.reads, self.leaves = asyncio.Event(), asyncio.Event()
        self.reads.set()
        self.head: dict[str, str] = {}
        self.status, self.served = 0, asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in self.headers.items()]
        scope = {
            "type": "http", "method": "GET", "path": self.path, "raw_path": self.path.encode(),
            "query_string": self.query.encode(), "root_path": "", "scheme": "http", "server": ("localhost", 80),
            "http_version": "1.1", "headers": lines,
        }  # fmt: skip
        await self.app(scope, self.receive, self.send)
        self.served.set_result(True)

    async def receive(self) -> dict:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.head = {name.decode(): value.decode() for name, value in message["headers"]}
        elif message.get("body"):
            self.lines.put_nowait(message["body"].decode())

    async def next(self, kind: str = "id") -> dict:
        """The next moment, or event of another kind; what is not one is passed over."""
        return await asyncio.wait_for(self._next(kind), PATIENCE)

    async def _next(self, kind: str) -> dict:
        while True:
            text = await self.lines.get()
            if text.startswith(f"{kind}: " if kind == "id" else f"event: {kind}\n"):
                head, data = text.strip().split("\n")
                told = json.loads(data.removeprefix("data: "))
                assert kind != "id" or head == f"id: {told['number']}"
                return told


def run_apart(coroutine):
    """What it returns, run in a thread: this one's loop may be that of a browser."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, coroutine).result()


@asynccontextmanager
async def listening_to(app, address, **headers):
    listener = Listener(app, address, **headers)
    serving = asyncio.create_task(listener.serve())
    try:
        yield listener
    finally:
        listener.leaves.set()
        await asyncio.wait_for(serving, PATIENCE)
