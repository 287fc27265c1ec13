"""Group commit: whoever waits for the writer is written together, in one durable transaction.

Forty monitors that beat at the same moment would else queue for forty commits. Whoever comes first leads: it takes
all that has gathered, runs it as one piece of work and hands each its answer. Nobody is answered before the commit.
Whoever leads next is woken first and by itself, and everybody else only with an answer: a lock for which all of them
queued would be handed through every one of them before the next group could begin. There is no thread of its own, so
nothing can be left behind when the process ends.
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
    """One piece of work that waits; `answers` holds its answer once it is durable, `failed` that its group was not.
    Woken with neither, it leads."""

    __slots__ = ("_asleep", "answers", "failed", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.answers: list[Answer] = []
        self.failed = False
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def wait(self) -> None:
        """Until somebody wakes it."""
        self._asleep.acquire()

    def wake(self) -> None:
        """Once: with an answer, with its failure, or to lead."""
        self._asleep.release()


class GroupCommit(Generic[Work, Answer]):
    """`run` does many pieces of work in one transaction and answers each in its place; all of it or nothing."""

    def __init__(self, run: Callable[[Sequence[Work]], Sequence[Answer]]) -> None:
        self._run = run
        self._guard = threading.Lock()
        self._led = False
        self._waiting: list[Ticket[Work, Answer]] = []

    def submit(self, work: Work) -> Answer:
        """The answer to this work, after its commit. Where a group breaks, each of it runs alone and meets its own
        error, so that one monitor's trouble silences no other."""
        ticket: Ticket[Work, Answer] = Ticket(work)
        with self._guard:
            self._waiting.append(ticket)
            waits, self._led = self._led, True
        if waits:
            ticket.wait()
        if not ticket.answers and not ticket.failed:
            self._lead(ticket)
        if ticket.failed:
            (answer,) = self._run([work])
            return answer
        return ticket.answers[0]

    def _lead(self, leader: Ticket[Work, Answer]) -> None:
        """Write what has gathered, which begins with the leader's own, and pass the lead on whatever happens."""
        with self._guard:
            group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        answers: Sequence[Answer] = ()
        try:
            answers = self._run([ticket.work for ticket in group])
        except Exception as problem:  # noqa: BLE001 - whatever it was, each of the group meets it again alone
            log.warning("a group of samples is taken one by one", extra={"code": type(problem).__name__})
        finally:
            self._pass_on()
            for place, ticket in enumerate(group):
                ticket.failed = not answers
                ticket.answers = [answers[place]] if answers else []
                if ticket is not leader:
                    ticket.wake()

    def _pass_on(self) -> None:
        with self._guard:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
        if following is not None:
            following.wake()
