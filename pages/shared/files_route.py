"""The files that browsers fetch: in a room, those of runs and images that the visitor may see, and no others.

Addresses can be guessed, or copied from a neighbor's screen. So it is not the name of a file that protects it.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dec_core.config import BUNDLED, OWN_DATA
from dec_core.gallery import is_recording
from dec_core.runs.folder import RunFolder
from pages.shared import focus
from pages.shared.identity import visitor_in
from pages.shared.permission import VisibleRuns, is_brought_by, may_run
from pages.shared.places import runs_root
from pages.shared.visitor import DESK, Visitor

IMAGES = re.compile(r"(.+)-(all|\d+)(-upright)?(\.png|\.classes)?")  # what files of a data set's images are called


class CheckedFiles(StaticFiles):
    """The files of a folder for those who may see what they show; to others they are not there."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        who = visitor_in(scope)
        if not await run_in_threadpool(may_fetch, path, who):
            raise HTTPException(404)
        answer = await super().get_response(path, scope)
        if who != DESK:
            answer.headers["Cache-Control"] = "private"  # no proxy keeps it for others
        return answer


def may_fetch(path: str, who: Visitor) -> bool:
    """Whether a visitor may have the file at `path`, which is below the folder of files."""
    parts = PurePath(path).parts
    if who.is_instructor or (len(parts) == 1 and path.endswith(".js")):
        return True
    if len(parts) == 1 and is_recording(path.partition(".")[0]):
        return may_run("see", RunFolder(runs_root() / path.partition(".")[0]), who)
    if len(parts) == 3 and parts[0] == "frames":
        return may_run("see", RunFolder(runs_root() / parts[1]), who)
    name = parts[1] if len(parts) == 3 and parts[0] == "sheets" else parts[0] if len(parts) == 1 else ""
    images = IMAGES.fullmatch(name)
    return images is not None and _may_see_images(images[1], who)


def _may_see_images(dataset: str, who: Visitor) -> bool:
    """Whether it comes along, was brought by the visitor, or is what a run shows that they may see."""
    if dataset in BUNDLED or (dataset.startswith(OWN_DATA) and is_brought_by(dataset, who)):
        return True
    runs = VisibleRuns(focus.all_runs(), who).entries(archived=True)
    return any(entry.config is not None and entry.config.dataset == dataset for entry in runs)
