"""A progress bar for those who wait in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mockreel_client.task import Task
from mockreel_contracts import Phase

_STYLES = {Phase.SUCCEEDED: "green", Phase.FAILED: "red", Phase.CANCELED: "yellow", Phase.EXPIRED: "yellow"}


@contextmanager
def progress_bar() -> Iterator[Callable[[Task], None]]:
    """Show tasks as they are waited for, on standard error; several may be shown at once.

    >>> with progress_bar() as on_progress:
    >>>     task = client.run(body, on_progress=on_progress)

    The bar of a provider that tells no progress pulses until the end.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("[{task.fields[style]}]{task.fields[state]}"),
        TimeElapsedColumn(),
    )
    rows: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def on_progress(task: Task) -> None:
            if task.id not in rows:
                rows[task.id] = bar.add_task(f"{task.provider} {task.id}", total=None, state="", style="cyan")
            row = rows[task.id]
            state, style = escape(task.state or "created"), _STYLES.get(task.phase or Phase.QUEUED, "cyan")
            if task.is_terminal:
                bar.update(row, total=100, completed=100, state=state, style=style)
                bar.stop_task(row)
            elif task.progress is not None:
                bar.update(row, total=100, completed=task.progress, state=state, style=style)
            else:
                bar.update(row, state=state, style=style)

        yield on_progress
