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
        """Whether a task is hidden from this look, which is counted if looks are what hides it."""
        by = self.by(task, now_ms)
        if by == "hidden_looks":
            self._looks[task.id] = self._looks.get(task.id, 0) + 1
        return by is not None

    def by(self, task: Task, now_ms: int) -> str | None:
        """Return the effect that hides a task now, None if none does."""
        if not task.met("task"):
            return None
        effects = TaskEffects(**task.met("task"))
        if now_ms - task.created_ms < effects.hidden_s * 1000:
            return "hidden_s"
        if self._looks.get(task.id, 0) < effects.hidden_looks:
            return "hidden_looks"
        moment = task.moment(now_ms)
        if effects.gone_s is None or not moment.state.phase.is_terminal:
            return None
        return "gone_s" if now_ms - moment.entered_ms >= effects.gone_s * 1000 else None
