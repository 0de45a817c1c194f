"""What people type about requests for correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from xinshi.activities.forms import category_choices
from xinshi.activities.models import Shift
from xinshi.activities.queries import organizers, possible_leaders
from xinshi.appeals.domain import EVIDENCE_MAX, TEXT_LENGTH_MAX, Asked, CorrectionKind, Given, Remedy
from xinshi.appeals.models import CorrectionRequest
from xinshi.appeals.queries import Askable, shifts_of_day
from xinshi.appeals.wording import span_text
from xinshi.documents.evidence import FILE_BYTES_MAX, EvidenceTooLarge
from xinshi.doors.pages import refusal_text
from xinshi.doors.wording import day_text
from xinshi.kernel import clock
from xinshi.kernel.minutes import HoursNotReadable, minutes_from_hours

DAY_MIN: Final = date(1990, 1, 1)
PICTURES: Final = "image/jpeg,image/png,image/webp,application/pdf"
NONE_OF_THEM: Final = ("", _("None of these"))


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class EvidenceField(forms.FileField):
    """Several photos or PDF files; what each of them is, is told by its content when it is stored."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Photos or PDF files that show it"),
            required=False,
            max_length=200,
            help_text=_("At most 6 files of 10 MB: a photo of the signed list, a message, a ticket."),
            widget=SeveralFiles(attrs={"accept": PICTURES}),
        )

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, list | tuple) else [data]
        files = [file for one in given if (file := super(EvidenceField, self).clean(one, initial))]
        if len(files) > EVIDENCE_MAX:
            raise forms.ValidationError(_("At most 6 files belong to one request."))
        if any((file.size or 0) > FILE_BYTES_MAX for file in files):
            raise forms.ValidationError(refusal_text(EvidenceTooLarge(megabytes=FILE_BYTES_MAX // (1024 * 1024))))
        return files


def contents(files: Sequence[UploadedFile[Any]]) -> list[bytes]:
    return [file.read() for file in files]


def day_field(**more: Any) -> forms.DateField:
    return forms.DateField(label=_("Day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **more)


def time_field(label: Any, **more: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), **more)


class TimesForm(forms.Form):
    """A day and two times of it."""

    def moments(self) -> tuple[datetime | None, datetime | None]:
        typed = self.cleaned_data
        day, starts, ends = typed.get("day"), typed.get("starts"), typed.get("ends")
        if day is None or starts is None or ends is None:
            return None, None
        return clock.at_local(day, starts), clock.at_local(day, ends)

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day is not None and not DAY_MIN <= day <= clock.today():
            raise forms.ValidationError(_("Choose a day that has come already."))
        return day

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        times = [typed.get(name) for name in ("day", "starts", "ends")]
        if any(times) and not all(times) and not self.errors:
            raise forms.ValidationError(_("Give the day and both times, or none of them."))
        return typed


class AskForm(TimesForm):
    """What somebody asks; it has the fields that the possible kinds need."""

    kind = forms.ChoiceField(label=_("What is wrong?"), widget=forms.RadioSelect)
    shift = forms.ChoiceField(
        label=_("Was it in one of these shifts?"), required=False, help_text=_("You had a place in them.")
    )
    title = forms.CharField(label=_("Which service was it?"), max_length=80, required=False)
    place = forms.CharField(label=_("Place"), max_length=120, required=False)
    category = forms.ChoiceField(label=_("Service category"), required=False)
    day = day_field(required=False)
    starts = time_field(_("Came at"), required=False)
    ends = time_field(_("Left at"), required=False)
    hours = forms.CharField(
        label=_("Or only how many hours"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("If you do not know the times any more: 2.5, for instance."),
    )
    remedy = forms.ChoiceField(label=_("What should be done?"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What happened?"),
        max_length=TEXT_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("In a few sentences, for somebody who was not there."),
    )
    evidence = EvidenceField()

    def __init__(self, *args: Any, askable: Askable, shifts: Sequence[Shift] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.askable = askable
        kinds = set(askable.kinds)
        self._offer("kind", [(kind.value, CorrectionRequest.KindChoice(kind.value).label) for kind in askable.kinds])
        self.fields["kind"].initial = askable.kinds[0].value
        if len(kinds) == 1:
            self.fields["kind"].widget = forms.HiddenInput()
        if CorrectionKind.MISSING in kinds:
            self._offer("shift", [NONE_OF_THEM, *((str(row.pk), shift_label(row)) for row in shifts)])
            self._offer("category", [("", "–"), *category_choices()])
            self.fields["day"].required = self.fields["starts"].required = self.fields["ends"].required = True
        voucher = askable.subjects.get(CorrectionKind.VOUCHER)
        if voucher is not None:
            labels = CorrectionRequest.RemedyChoice
            self._offer("remedy", [(remedy.value, labels(remedy.value).label) for remedy in voucher.remedies])
        for name in self._unneeded(kinds, has_shifts=bool(shifts)):
            del self.fields[name]

    @staticmethod
    def _unneeded(kinds: set[CorrectionKind], *, has_shifts: bool) -> set[str]:
        unneeded = set()
        if not kinds & {CorrectionKind.RECORD, CorrectionKind.MISSING}:
            unneeded |= {"day", "starts", "ends"}
        if CorrectionKind.RECORD not in kinds:
            unneeded |= {"hours"}
        if CorrectionKind.MISSING not in kinds:
            unneeded |= {"shift", "title", "place", "category"}
        elif not has_shifts:
            unneeded |= {"shift"}
        if CorrectionKind.VOUCHER not in kinds:
            unneeded |= {"remedy"}
        return unneeded

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = choices

    def clean_day(self) -> date | None:
        return super().clean_day()

    def clean_hours(self) -> int | None:
        typed = self.cleaned_data["hours"].strip()
        if not typed:
            return None
        try:
            return minutes_from_hours(typed)
        except HoursNotReadable as refusal:
            raise forms.ValidationError(refusal_text(refusal)) from None

    def kind_chosen(self) -> CorrectionKind:
        return CorrectionKind(self.cleaned_data["kind"])

    def asked(self) -> Asked:
        """The typed fields as a value; of those that the kind does not need nothing is taken."""
        typed, kind = self.cleaned_data, self.kind_chosen()
        starts_at, ends_at = self.moments() if kind in (CorrectionKind.RECORD, CorrectionKind.MISSING) else (None, None)
        if (
            kind == CorrectionKind.RECORD
            and typed.get("hours")
            and not {"day", "starts", "ends"} & set(self.changed_data)
        ):
            starts_at, ends_at = None, None  # The times stand there as they were offered; only the hours were typed.
        is_missing = kind == CorrectionKind.MISSING
        remedy = typed.get("remedy") if kind == CorrectionKind.VOUCHER else None
        return Asked(
            starts_at=starts_at,
            ends_at=ends_at,
            minutes=typed.get("hours") if kind == CorrectionKind.RECORD and starts_at is None else None,
            remedy=Remedy(remedy) if remedy else None,
            title=typed.get("title", "") if is_missing else "",
            place=typed.get("place", "") if is_missing else "",
            category=typed.get("category", "") if is_missing else "",
            shift_id=int(typed["shift"]) if is_missing and typed.get("shift") else None,
        )


class MoreForm(forms.Form):
    """Something to add to a request, or to appeal with."""

    text = forms.CharField(
        label=_("What do you want to add?"), max_length=TEXT_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 4})
    )
    evidence = EvidenceField()


class AppealForm(MoreForm):
    text = forms.CharField(
        label=_("Why is the answer not right?"),
        max_length=TEXT_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("An administrator who had no part in it looks at everything again. This can be done once."),
    )


ANSWERS: Final = (
    ("grant", _("Grant it")),
    ("refuse", _("Do not grant it")),
    ("more", _("Ask for more; the clock stands still meanwhile")),
    ("leave", _("Leave it open for now and say why")),
)


class AnswerForm(TimesForm):
    """An answer with its reason; what is granted where times were asked."""

    answer = forms.ChoiceField(label=_("Your answer"), choices=ANSWERS, widget=forms.RadioSelect)
    day = day_field(required=False)
    starts = time_field(_("Granted from"), required=False)
    ends = time_field(_("Granted until"), required=False)
    shift = forms.ChoiceField(label=_("The shift in which it was"), required=False)
    organizer = forms.ChoiceField(
        label=_("Organiser"),
        required=False,
        help_text=_("Only where it was in none of the shifts: it becomes a service of its own."),
    )
    person_in_charge = forms.ChoiceField(label=_("Person in charge"), required=False)
    text = forms.CharField(
        label=_("Reason or question"),
        max_length=TEXT_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The person who asked reads it, without your name."),
    )

    def __init__(self, *args: Any, request: CorrectionRequest, stands: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = dict(stands)
        unneeded = set()
        if request.kind not in (CorrectionKind.RECORD, CorrectionKind.MISSING):
            unneeded |= {"day", "starts", "ends"}
        if request.kind != CorrectionKind.MISSING or request.asked_from is None:
            unneeded |= {"shift", "organizer", "person_in_charge"}
        else:
            self._offer("shift", [(str(row.pk), shift_label(row)) for row in shifts_of_day(request.asked_from)])
            self._offer("organizer", [(str(pk), name) for pk, name in organizers()])
            self._offer("person_in_charge", [(str(pk), name) for pk, name in possible_leaders()])
        for name in unneeded:
            del self.fields[name]

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = [NONE_OF_THEM if name == "shift" else ("", "–"), *choices]

    def given(self) -> Given:
        starts_at, ends_at = self.moments()
        return Given(
            starts_at=starts_at,
            ends_at=ends_at,
            shift_id=self._number("shift"),
            organizer_id=self._number("organizer"),
            person_in_charge_id=self._number("person_in_charge"),
        )

    def _number(self, name: str) -> int | None:
        typed = self.cleaned_data.get(name)
        return int(typed) if typed else None


def shift_label(row: Shift) -> str:
    return f"{day_text(row.starts_at)} {span_text(row.starts_at, row.ends_at)} · {row.activity.title}"


def local_time(moment: datetime) -> time:
    return moment.astimezone(clock.HOSPITAL_ZONE).time().replace(second=0, microsecond=0)
