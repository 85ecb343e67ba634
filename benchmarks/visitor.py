"""A browser's part of a conversation with the app, without the browser."""

from __future__ import annotations

from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect


class Visitor:
    """One visit of one screen.

    Parameters
    ----------
    address : str
        Of the app, as in http://localhost:8501.
    screen : str
        "train", "inspect", "compare" or "sweep".
    query : str
        Of the link, as in "run=new&seed=3".
    """

    def __init__(self, address: str, screen: str, query: str = ""):
        self.screen, self.query, self.page_hash = screen, query, ""
        self.clocks: dict[str, float] = {}  # seconds between two reruns of a fragment, by its id
        self.buttons: dict[str, str] = {}  # ids of widgets, by label
        self.errors: list[str] = []
        self.n_bytes = 0
        url = address.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = connect(url, subprotocols=["streamlit"], max_size=None, origin=address, open_timeout=60)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def redraw(self, *, fragment: str = "", click: str = "") -> None:
        """Ask for the whole page, or one fragment of it, and wait until it is drawn."""
        if not fragment:
            self.clocks.clear()
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash, rerun.fragment_id = self.query, self.page_hash, fragment
        rerun.page_name = "" if self.page_hash else self.screen
        rerun.is_auto_rerun = bool(fragment) and not click
        if click:
            widget = rerun.widget_states.widgets.add()
            widget.id, widget.trigger_value = self.buttons[click], True
        self.socket.send(message.SerializeToString())
        self.wait()

    def wait(self, timeout: float = 120.0) -> None:
        """Receive until a drawing is whole; one that is drawn anew at once ends with the second."""
        while True:
            received = self.socket.recv(timeout=timeout)
            self.n_bytes += len(received)
            message = ForwardMsg()
            message.ParseFromString(received)
            if message.WhichOneof("type") == "script_finished":
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return
            else:
                self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self.clocks[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self.buttons[element.button.label] = element.button.id
            elif element.WhichOneof("type") == "exception":
                self.errors.append(element.exception.message[:300])
