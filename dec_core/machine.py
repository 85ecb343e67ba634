"""What a run is trained with and on: versions of the libraries that decide its numbers, and what the machine can do."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dec_core import __version__

INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # that decide how fast products are, and in bfloat16
IN_BFLOAT16 = ("avx512_bf16", "amx_bf16")  # those with which products in bfloat16 are faster than in float32
LIBRARIES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "umap-learn")


def trained_with() -> dict[str, Any]:
    """`versions` by name, `hardware`, `cores` and `system`, plain for JSON. Imports none of the libraries."""
    versions = {"dec_core": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    machine = {**hardware(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"}
    return {"versions": versions, **machine}


def processor() -> str:
    """The processor's name, as far as the system tells."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def hardware() -> dict[str, Any]:
    """`processor`, and its `INSTRUCTIONS`, in which processors of one name differ; none where it does not say."""
    flags = _cpuinfo("flags").split()
    return {"processor": processor(), "instructions": [name for name in INSTRUCTIONS if name in flags]}


def fast_precision() -> str:
    """bfloat16 where the processor multiplies in it, else float32; float32 where it does not say."""
    return "bfloat16" if any(name in IN_BFLOAT16 for name in hardware()["instructions"]) else "float32"


def _cpuinfo(field: str) -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith(field)), "")
    except OSError:
        return ""
