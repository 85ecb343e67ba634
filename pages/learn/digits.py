"""Some images of a bundled data set, side by side."""

from __future__ import annotations

import html
import io
from base64 import b64encode
from itertools import combinations
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from dec_core.data import load
from dec_core.lessons.pieces import Digits
from pages.shared.text import escape


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
    return f"<figure>{image_of(image, caption)}<figcaption>{html.escape(caption)}</figcaption></figure>"


def image_of(image: np.ndarray, said: str) -> str:
    """An image of uint8, shape (height, width[, 3]), as HTML; `said` stands for it where it cannot be seen."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    return f'<img src="data:image/png;base64,{b64encode(file.getvalue()).decode()}" alt="{html.escape(said)}">'


def _distances(flat: np.ndarray, captions: list[str]) -> None:
    lines = [
        f"- {escape(captions[a])} and {escape(captions[b])}: **{np.linalg.norm(flat[a] - flat[b]):.1f}**"
        for a, b in combinations(range(len(flat)), 2)
    ]
    st.markdown("Distances, with pixels from 0 to 1:\n" + "\n".join(lines))
