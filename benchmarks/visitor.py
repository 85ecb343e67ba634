"""A browser's part of a conversation with the app, without the browser."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect


class Visitor:
    """One visit of one screen.

    Parameters
    ----------
    address : str
        Of the app, as in http://localhost:8501.
    screen : str
        "learn", "train", "inspect", "compare" or "sweep".
    query : str
        Of the link, as in "run=new&seed=3".
    cookie : str
        By which a room knows who it is, as a browser sends it.
    """

    def __init__(self, address: str, screen: str, query: str = "", cookie: str = ""):
        self.screen, self.query, self.page_hash = screen, query, ""
        self.clocks: dict[str, float] = {}  # seconds between two reruns of a fragment, by its id
        self.fragments: dict[str, int] = {}  # how many elements a fragment has drawn, by its id
        self.buttons: dict[str, tuple[str, str]] = {}  # of those that can be pressed, by label: their ids and fragments
        self.live: dict[str, Any] = {}  # of the live view: address, number, layout; and its fragment
        self.replay: dict[str, Any] = {}  # of the player of a replay: address, stamp, steps
        self.errors: list[str] = []
        self.n_bytes = 0
        url = address.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": cookie} if cookie else None
        self.socket = connect(
            url, subprotocols=["streamlit"], max_size=None, origin=address, open_timeout=60, additional_headers=headers
        )

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def press(self, label: str) -> None:
        """Press a button and wait until what it has led to is drawn."""
        button, fragment = self.buttons[label]
        self.redraw(fragment=fragment, pressed=button)

    def redraw(self, *, fragment: str = "", pressed: str = "") -> None:
        """Ask for the whole page, or one fragment of it, and wait until it is drawn."""
        if not fragment:
            self.clocks.clear()
            self.fragments.clear()
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash, rerun.fragment_id = self.query, self.page_hash, fragment
        rerun.page_name = "" if self.page_hash else self.screen
        rerun.is_auto_rerun = bool(fragment) and not pressed
        if pressed:
            state = rerun.widget_states.widgets.add()
            state.id, state.trigger_value = pressed, True
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
        elif kind == "delta":
            fragment, delta = message.delta.fragment_id, message.delta
            if fragment:
                self.fragments[fragment] = self.fragments.get(fragment, 0) + 1
            if delta.WhichOneof("type") == "new_element":
                self._take_element(delta.new_element, fragment)

    def _take_element(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(element.exception.message[:300])
        elif kind == "button":
            label, known = element.button.label, self.buttons.get(element.button.label)
            if not element.button.disabled:
                self.buttons[label] = element.button.id, fragment
            elif known and known[0] == element.button.id:  # of two of one name, the other may be pressed
                del self.buttons[label]
        elif kind == "bidi_component" and element.bidi_component.component_name.endswith("live"):
            self.live = {**json.loads(element.bidi_component.json), "fragment": fragment}
        elif kind == "bidi_component" and element.bidi_component.component_name.endswith("replay"):
            self.replay = json.loads(element.bidi_component.json)
