"""What the risk and safety-plan pages take in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms

from euthymia.care.risk import RiskLevel, ScreenerAnswers
from euthymia.care.risk_pathway import RiskEventKind
from euthymia.care.safety_plan import PARTS, SafetyPlan
from euthymia.clinic.people.forms import TypedNumber
from euthymia.errors import BadInput

# Our own short labels: the wording of the screener is its owner's, and the clinic has it on paper or in its record.
SCREENER = (
    ("wish_to_be_dead", "1 Wish to be dead, past month"),
    ("thoughts", "2 Thoughts of killing oneself, past month"),
    ("method", "3 Thought about how, past month"),
    ("intent", "4 Some intention to act, past month"),
    ("plan", "5 Plan worked out with intention, past month"),
    ("behaviour_ever", "6 Ever did, began or prepared something"),
    ("behaviour_past_3_months", "6 In the past three months"),
)
LEVELS = (
    (RiskLevel.HIGH, "High"),
    (RiskLevel.MODERATE, "Moderate"),
    (RiskLevel.LOW, "Low"),
    (RiskLevel.NONE_IDENTIFIED, "None identified"),
)
YES_NO = {"yes": True, "no": False}
# What the page's buttons write, besides seeing, screening and closing.
STEPS = {
    "triaged": RiskEventKind.TRIAGED,
    "evaluated": RiskEventKind.EVALUATED,
    "acted": RiskEventKind.ACTED,
    "hand_over": RiskEventKind.HANDED_OVER,
    "reopened": RiskEventKind.REOPENED,
}


def screener_from(posted: Mapping[str, str]) -> ScreenerAnswers:
    """The answers of the form; what was not answered is None. Refuses anything but yes and no."""
    answers: dict[str, bool | None] = {}
    for name, _ in SCREENER:
        given = posted.get(name, "")
        if given and given not in YES_NO:
            raise BadInput("not_an_answer", name, "Answer yes or no, or leave it open.")
        answers[name] = YES_NO.get(given)
    return ScreenerAnswers(**answers)


def level_from(posted: Mapping[str, str]) -> RiskLevel | None:
    """The level that was chosen; refuses one that does not exist."""
    given = posted.get("level", "")
    if given and given not in {level.value for level, _ in LEVELS}:
        raise BadInput("no_level", "level", "Choose the level.")
    return RiskLevel(given) if given else None


def event_id_from(posted: Mapping[str, str]) -> UUID | None:
    """The form's own id, which makes a double click one step; None where an older page sent none."""
    given = posted.get("event_id", "")
    try:
        return UUID(given) if given else None
    except ValueError as problem:
        raise BadInput("not_an_id", "event_id", "This form is damaged. Reload the page.") from problem


class RiskTimesForm(forms.Form):
    """The clinic's own hours; empty stays a hole."""

    see_within_h = TypedNumber(label="Hours until the owner has looked at it", required=False, min_value=0)
    screen_within_h = TypedNumber(label="Hours until it is screened", required=False, min_value=0)
    act_within_h = TypedNumber(label="Hours until something is done", required=False, min_value=0)
    close_within_h = TypedNumber(label="Hours until it is closed", required=False, min_value=0)
    trusted_line_days = forms.IntegerField(
        label="Days a checked telephone number is trusted", required=False, min_value=0, max_value=3650
    )


class SafetyPlanForm(forms.Form):
    """The six parts, who wrote them, and when they are looked at again."""

    with_person = forms.TypedChoiceField(
        label="Written together with the person?",
        choices=[("yes", "Yes, together"), ("no", "No, alone")],
        coerce=YES_NO.get,
        widget=forms.RadioSelect,
    )
    review_on = forms.DateField(
        label="Looked at again on", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    changed_because = forms.CharField(label="Why the plan changes", required=False, max_length=300)

    def __init__(self, data: Any = None, *, plan: SafetyPlan | None = None) -> None:
        super().__init__(data)
        parts = {
            part.id: forms.CharField(
                label=part.title,
                help_text=part.prompt,
                required=False,
                max_length=4000,
                initial="\n".join(plan.lines[part.id]) if plan else "",
                widget=forms.Textarea(attrs={"rows": 4}),
            )
            for part in PARTS
        }
        self.fields = parts | self.fields
        if plan is None:
            del self.fields["changed_because"]
        else:
            self.fields["review_on"].initial = plan.review_on
            self.fields["with_person"].initial = "yes" if plan.with_person else "no"

    @property
    def text(self) -> dict[str, str]:
        """Part → what was typed."""
        return {part.id: self.cleaned_data[part.id] for part in PARTS}
