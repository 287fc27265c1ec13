"""What the program does by itself, and when it last did."""

from __future__ import annotations

from django.db import models


class JobRun(models.Model):
    """One job. `taken_until` keeps other processes away while one runs it; who dies holding it is waited out."""

    name = models.CharField(max_length=40, primary_key=True)
    taken_by = models.CharField(max_length=80, blank=True)
    taken_until = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    says = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
