"""Tasks that a fault hides from those who look at them."""

from __future__ import annotations

from mockreel.domain.faults.effects import TaskEffects
from mockreel.domain.task import Task


class Hidden:
    """Counts the looks at tasks that are hidden from the first of them."""

    def __init__(self) -> None:
        self._looks: dict[str, int] = {}

    def forget(self, task_id: str) -> None:
        """Forget the looks at a task."""
        self._looks.pop(task_id, None)

    def hides(self, task: Task, now_ms: int) -> bool:
        """Whether a task is hidden from this look, which is counted."""
        if not task.met("task"):
            return False
        effects = TaskEffects(**task.met("task"))
        if now_ms - task.created_ms < effects.hidden_s * 1000:
            return True
        if self._looks.get(task.id, 0) < effects.hidden_looks:
            self._looks[task.id] = self._looks.get(task.id, 0) + 1
            return True
        moment = task.moment(now_ms)
        if effects.gone_s is None or not moment.state.phase.is_terminal:
            return False
        return now_ms - moment.entered_ms >= effects.gone_s * 1000
