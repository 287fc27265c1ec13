"""Taking in what monitors stream, and registering the monitors. The only writers of both.

A batch is acknowledged after the commit that holds it. Batches that wait for the writer at the same time share one
commit (`group.py`); the alarms see the new samples within that same transaction.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from euthymia.care.vital_stream import StreamSample, is_late, pack_sample
from euthymia.clinic.accounts.policies import MANAGE_MONITORS, insist
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.monitors.alarm_seam import Heard, tell_alarms
from euthymia.clinic.monitors.answers import (
    BEFORE_SESSION,
    SEQUENCE_TAKEN,
    Batch,
    RefusedSample,
    Taken,
)
from euthymia.clinic.monitors.beginning_commands import begin_streams, nobody_there
from euthymia.clinic.monitors.group import GroupCommit
from euthymia.clinic.monitors.models import MonitorDevice, MonitorStream, UnpackedSample
from euthymia.clinic.monitors.packing import pack_ended_minutes
from euthymia.clinic.monitors.queries import hash_of, kept_under, latest_after
from euthymia.clinic.monitors.statements import Running, insert_samples, running_streams, update_streams
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.sessions.models import Chair
from euthymia.errors import BadInput

SECRET_BYTES = 32
LONGEST_NAME = 80
LONGEST_WORDS = 300


@transaction.atomic
def register_device(actor: Actor, *, name: str, chair: Chair, now: datetime) -> tuple[MonitorDevice, str]:
    """(the monitor, its secret). The secret is nowhere kept in the clear: it is shown now or never."""
    _insist(actor)
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise BadInput("bad_name", "name", f"Give the monitor a name of at most {LONGEST_NAME} letters.")
    find_or_404(actor, Chair, pk=chair.pk)
    token = secrets.token_urlsafe(SECRET_BYTES)
    device = MonitorDevice.objects.create(
        clinic_id=actor.clinic_id,
        name=name,
        chair=chair,
        token_hash=hash_of(token),
        registered_by_id=actor.user_id,
        registered_at=now,
    )
    record(actor, Action.CREATE, "monitor_device", now=now, subject_id=device.id, detail={"chair": chair.pk})
    return device, token


@transaction.atomic
def move_device(actor: Actor, device_id: UUID, chair: Chair, now: datetime) -> MonitorDevice:
    """The monitor stands at another chair from now on."""
    _insist(actor)
    find_or_404(actor, Chair, pk=chair.pk)
    device = find_or_404(actor, MonitorDevice, id=device_id)
    device.chair = chair
    device.save(update_fields=["chair"])
    # It counts on: wherever it stood, none of its numbers is new again.
    highest = device.streams.aggregate(most=Max("highest_sequence"))["most"]
    if highest is not None:
        device.streams.update(highest_sequence=highest)
    record(actor, Action.CHANGE, "monitor_device", now=now, subject_id=device.id, detail={"chair": chair.pk})
    return device


@transaction.atomic
def revoke_device(actor: Actor, device_id: UUID, now: datetime) -> MonitorDevice:
    """The monitor's secret opens nothing any more; what it sent stays. Again changes nothing."""
    _insist(actor)
    device = find_or_404(actor, MonitorDevice, id=device_id)
    if device.revoked_at is None:
        device.revoked_at = now
        device.save(update_fields=["revoked_at"])
        record(actor, Action.CHANGE, "monitor_device", now=now, subject_id=device.id, detail={"revoked": True})
    return device


def _insist(actor: Actor) -> None:
    if isinstance(actor, Viewer):
        insist(actor, MANAGE_MONITORS)


def take_batch(batch: Batch) -> Taken:
    """What became of this batch, once that is durable. The same batch again is acknowledged and stored once."""
    return _together.submit(batch)


@transaction.atomic
def take_batches(batches: Sequence[Batch]) -> list[Taken]:
    """Many batches in one transaction, each with its answer."""
    intake = _Intake(batches)
    answers: dict[int, Taken] = {}
    # Always in the same order, so that two processes of one clinic never wait for each other in a ring.
    for place in sorted(range(len(batches)), key=lambda one: batches[one].device_id):
        answers[place] = intake.take(batches[place])
    intake.write()
    intake.begun.record()
    return [answers[place] for place in range(len(batches))]


_together: GroupCommit[Batch, Taken] = GroupCommit(take_batches)


class _Intake:
    """One transaction's worth of batches: read once, decided one by one, written together."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        device_ids = sorted({batch.device_id for batch in batches})
        # Where a stream runs already, one question finds monitor, person and stream; everything else begins anew.
        self.running = {one.stream.device_id: one for one in running_streams(device_ids)}
        begins = {one.device_id: one.now for one in batches if one.device_id not in self.running}
        self.begun = begin_streams(begins)
        if len(begins) > len(self.begun.refused):
            running = running_streams(sorted(begins.keys() - self.begun.refused))
            self.running |= {one.stream.device_id: one for one in running}
        self.fresh: list[UnpackedSample] = []
        self.touched: dict[UUID, Running] = {}
        self.new_by_session: dict[UUID, list[StreamSample]] = defaultdict(list)
        self.new_bodies: dict[tuple[UUID, int], StreamSample] = {}
        self.now: datetime | None = None

    def take(self, batch: Batch) -> Taken:
        running = self.running.get(batch.device_id)
        if running is None:
            # Begun and yet not running: the person has left in that time.
            return Taken(problem=self.begun.refused.get(batch.device_id, nobody_there()))
        stream = running.stream
        self.now = batch.now
        taken = Taken(refused=list(batch.refused))
        perhaps = [one.sequence for one in batch.samples if one.sequence <= stream.highest_sequence]
        known = kept_under(batch.device_id, perhaps)
        for sample in batch.samples:
            self._sort(sample, known.get(sample.sequence), stream, batch.now, taken)
        stream.heard_at = batch.now
        if taken.refused:
            stream.refused_at = batch.now
            stream.refused_words = taken.refused[-1].refusal.message[:LONGEST_WORDS]
        self.touched[stream.id] = running
        return taken

    def _sort(
        self, sample: StreamSample, known: StreamSample | None, stream: MonitorStream, now: datetime, taken: Taken
    ) -> None:
        """Where this sample goes: repeated, taken by another body, before this person, or new."""
        known = self.new_bodies.get((stream.device_id, sample.sequence), known)
        if known is not None:
            if known == sample:
                taken.repeated.append(sample.sequence)
            else:
                says = "This sequence number was used for another sample. Count on, also after a restart."
                taken.refused.append(RefusedSample(sample.sequence, BadInput(SEQUENCE_TAKEN, "sequence", says), sample))
        elif sample.at < stream.began_at:
            says = "This sample was taken before the person now in the chair sat down, so it is not theirs."
            taken.refused.append(RefusedSample(sample.sequence, BadInput(BEFORE_SESSION, "at", says), sample))
        else:
            self._keep(sample, stream, now, taken)

    def _keep(self, sample: StreamSample, stream: MonitorStream, now: datetime, taken: Taken) -> None:
        row = UnpackedSample(
            stream_id=stream.id,
            device_id=stream.device_id,
            sequence=sample.sequence,
            at=sample.at,
            recorded_at=now,
            packed=pack_sample(sample),
        )
        self.fresh.append(row)
        self.new_bodies[stream.device_id, sample.sequence] = sample
        self.new_by_session[stream.session_id].append(sample)
        taken.kept.append(sample.sequence)
        if is_late(sample.at, now):
            taken.late.append(sample.sequence)
            stream.samples_late += 1
        stream.samples_kept += 1
        stream.highest_sequence = max(stream.highest_sequence, sample.sequence)
        # A monitor whose clock runs ahead is no fresher than the moment it was heard.
        at = min(sample.at, now)
        if sample.values and (stream.last_at is None or at > stream.last_at):
            stream.last_at = at
        stream.latest = latest_after(stream.latest, sample, at)

    def write(self) -> None:
        """Everything of this transaction, then the alarms that look at it."""
        if self.now is None:
            return
        insert_samples(self.fresh)
        streams = [one.stream for one in self.touched.values()]
        for stream in streams:
            pack_ended_minutes(stream, self.now)
        update_streams(streams)
        counted = {one.stream.session_id: (one.entries, one.alarm_rows) for one in self.touched.values()}
        heard = {one: Heard(samples, *counted[one]) for one, samples in self.new_by_session.items()}
        tell_alarms(heard, self.now)
