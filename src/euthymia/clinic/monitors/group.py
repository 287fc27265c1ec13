"""Group commit: whoever waits for the writer is written together, in one durable transaction.

Forty monitors that beat at the same moment would else queue for forty commits. Whoever comes first leads: it takes
all that has gathered, runs it as one piece of work and hands each its answer. Nobody is answered before the commit.
There is no thread of its own, so nothing can be left behind when the process ends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Work = TypeVar("Work")
Answer = TypeVar("Answer")
# One group must not hold the writer for so long that others wait noticeably; the rest leads or joins the next one.
MOST_TOGETHER = 64
log = logging.getLogger("euthymia.monitors")


class Ticket(Generic[Work, Answer]):
    """One piece of work that waits; `answers` holds its answer once it is durable, `failed` that its group was not."""

    __slots__ = ("answers", "failed", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.answers: list[Answer] = []
        self.failed = False


class GroupCommit(Generic[Work, Answer]):
    """`run` does many pieces of work in one transaction and answers each in its place; all of it or nothing."""

    def __init__(self, run: Callable[[Sequence[Work]], Sequence[Answer]]) -> None:
        self._run = run
        self._guard = threading.Lock()
        self._leading = threading.Lock()
        self._waiting: list[Ticket[Work, Answer]] = []

    def submit(self, work: Work) -> Answer:
        """The answer to this work, after its commit. Where a group breaks, each of it runs alone and meets its own
        error, so that one monitor's trouble silences no other."""
        ticket: Ticket[Work, Answer] = Ticket(work)
        with self._guard:
            self._waiting.append(ticket)
        with self._leading:
            while not ticket.answers and not ticket.failed:
                self._lead()
            if ticket.failed:
                (answer,) = self._run([work])
                return answer
        return ticket.answers[0]

    def _lead(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        answers: Sequence[Answer] = ()
        try:
            answers = self._run([ticket.work for ticket in group])
        except Exception as problem:  # noqa: BLE001 - whatever it was, each of the group meets it again alone
            log.warning("a group of samples is taken one by one", extra={"code": type(problem).__name__})
        for place, ticket in enumerate(group):
            ticket.failed = not answers
            ticket.answers = [answers[place]] if answers else []
