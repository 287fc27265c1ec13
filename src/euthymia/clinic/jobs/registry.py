"""Every job, in one list. A job is a function of the time that may run again at any moment without doing harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.clinic.measures.contact_commands import send_due
from euthymia.clinic.measures.draft_commands import tend_drafts


@dataclass(frozen=True, slots=True)
class Job:
    """`run` gives what was done in a few words. `every` is counted from the beginning of one run to the next."""

    name: str
    title: str
    every: timedelta
    run: Callable[[datetime], str]


JOBS = (
    Job("ask_for_answers", "Send the links that are due", timedelta(minutes=1), send_due),
    Job("tend_drafts", "Look after forms that were begun and not sent", timedelta(minutes=1), tend_drafts),
)
