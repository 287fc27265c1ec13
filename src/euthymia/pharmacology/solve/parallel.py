"""Parts of a population on every processor. Worth it where the work runs without Python's lock, as NumPy's loops and
compiled kernels do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import local

PROCESSORS = os.cpu_count() or 1
_HERE = local()


def in_parallel(task: Callable[[slice], None], parts: Iterator[slice]) -> None:
    """Run the task for every part on all processors; the first failure is raised. A single part, and whatever is asked
    by a part itself, runs at once, in this thread."""
    shared = list(parts)
    if len(shared) == 1 or getattr(_HERE, "is_a_part", False):
        for part in shared:
            task(part)
        return
    for done in [_pool().submit(task, part) for part in shared]:
        done.result()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PROCESSORS, thread_name_prefix="engine", initializer=_begin)


def _begin() -> None:
    _HERE.is_a_part = True
