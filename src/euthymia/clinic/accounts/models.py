"""Clinics, staff and what each may do where."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from euthymia.clinic.accounts.roles import Role


class Clinic(models.Model):
    """One clinic of this installation. Nothing of one clinic is visible from another."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    country = models.CharField(max_length=2, help_text="ISO 3166 code; chooses the crisis lines.")
    time_zone = models.CharField(max_length=64, default="UTC")
    enquiry_promise_hours = models.PositiveSmallIntegerField(default=48)
    invented = models.BooleanField(default=False, help_text="Made by the demonstration; only here one click signs in.")

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A member of staff. Patients have no account: they answer through links."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Membership(models.Model):
    """One person's work in one clinic."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "clinic"], name="one_role_per_clinic")]

    def __str__(self) -> str:
        return f"{self.user} as {self.get_role_display()} at {self.clinic}"
