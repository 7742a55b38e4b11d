"""A window that shows pictures as they come, where there is a display."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot
from numpy.typing import NDArray

from evenhand.errors import DataError

__all__ = ["Window"]


class Window:
    """One of matplotlib's windows."""

    def __init__(self) -> None:
        """Open it; DataError where matplotlib can only write files, since there is no display."""
        try:
            self._figure = pyplot.figure("Evenhand")
        except ImportError:  # a display was asked for by name, and there is none
            framework = None
        else:
            framework = self._figure.canvas.required_interactive_framework
        if framework is None:
            self.close()
            raise DataError(
                'render_mode "human" has no display to open a window on',
                rule=f"the window is one of matplotlib's, whose backend here is {pyplot.get_backend()!r}",
                mend='use render_mode="rgb_array" and keep the frames',
            )

    def show(self, frame: NDArray[np.uint8], seconds: float) -> None:
        """Show a picture (H, W, 3) for `seconds`."""
        height, width = frame.shape[:2]
        self._figure.set_size_inches(width / self._figure.dpi, height / self._figure.dpi)
        self._figure.clear()
        self._figure.figimage(frame, origin="upper")
        self._figure.canvas.draw_idle()
        pyplot.pause(seconds)

    def close(self) -> None:
        """Close it."""
        pyplot.close("Evenhand")
