"""Some images of a bundled data set, side by side."""

from __future__ import annotations

import io
from base64 import b64encode
from html import escape
from itertools import combinations
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from dec_core.data import load
from dec_core.lessons.pieces import Digits


def show(options: Digits, _: Any) -> None:
    """Draw the images with their captions, and the distances between them where that is asked for."""
    images = load(options.dataset).images
    samples = [sample for sample in options.samples if sample < len(images)]
    captions = options.captions or [f"no. {sample}" for sample in samples]
    figures = [_figure(images[sample], caption) for sample, caption in zip(samples, captions, strict=False)]
    st.html(f'<div class="lesson-digits">{"".join(figures)}</div>')
    if options.distances:
        _distances(images[samples].reshape(len(samples), -1) / 255, captions)


def _figure(image: np.ndarray, caption: str) -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    source = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
    said = escape(caption)
    return f'<figure><img src="{source}" alt="{said}"><figcaption>{said}</figcaption></figure>'


def _distances(flat: np.ndarray, captions: list[str]) -> None:
    lines = [
        f"- {captions[a]} and {captions[b]}: **{np.linalg.norm(flat[a] - flat[b]):.1f}**"
        for a, b in combinations(range(len(flat)), 2)
    ]
    st.markdown("Distances, with pixels from 0 to 1:\n" + "\n".join(lines))
