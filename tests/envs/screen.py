"""A backend for matplotlib whose windows nobody sees: it keeps what they showed."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

shown: list[np.ndarray] = []


class FigureManager(FigureManagerBase):
    """A window."""

    def show(self) -> None:
        """Keep what is shown."""
        canvas: Any = self.canvas
        canvas.draw()
        shown.append(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())


class FigureCanvas(FigureCanvasAgg):
    """A canvas of a toolkit that needs no display."""

    required_interactive_framework: Any = "headless"
    manager_class: Any = FigureManager
