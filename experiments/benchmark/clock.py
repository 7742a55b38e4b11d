"""CPU time along a training, also one that was stopped and goes on."""

from __future__ import annotations

import json
import time
from pathlib import Path

from evenhand.agents import CurvePoint
from evenhand.whole import write_whole

__all__ = ["Clock"]


class Clock:
    """Hears a training's progress and keeps the CPU seconds by steps; what a kill undid is not counted."""

    def __init__(self, path: Path) -> None:
        """Go on from what is kept at `path`, if there is anything."""
        self.path, self.earlier = path, 0.0  # CPU seconds of calls before this one
        self._begun, self._going = time.process_time(), False
        kept = json.loads(path.read_bytes()) if path.exists() else {"rollouts": {}, "looks": {}}
        self._rollouts: dict[int, float] = {int(k): v for k, v in kept["rollouts"].items()}
        self._looks: dict[int, float] = {int(k): v for k, v in kept["looks"].items()}

    def __call__(self, message: CurvePoint | int | str) -> None:
        """Note when a rollout began (its steps) or a checkpoint was judged."""
        if isinstance(message, CurvePoint):
            self._looks[message.steps] = self.seconds
        elif isinstance(message, int):
            if not self._going and message in self._rollouts:  # what went before was counted then
                self._begun, self.earlier = time.process_time(), self._rollouts[message]
            self._going = True
            self._rollouts[message] = self.seconds
        write_whole(self.path, json.dumps({"rollouts": self._rollouts, "looks": self._looks}))

    @property
    def seconds(self) -> float:
        """CPU seconds of the training so far."""
        return self.earlier + time.process_time() - self._begun

    def at(self, steps: int) -> float:
        """Return the CPU seconds until the checkpoint after so many steps had been judged."""
        return self._looks.get(steps, self._rollouts.get(steps, self.seconds))
