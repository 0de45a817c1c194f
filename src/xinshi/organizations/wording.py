"""Words for the kinds of organisations, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.organizations.domain import AgreementStanding
from xinshi.organizations.models import AgreementEvent, Designation, DesignationReview, Organization

KINDS: Final[dict[str, str | Promise]] = {
    Organization.Kind.HOSPITAL: _("Hospital"),
    Organization.Kind.DEPARTMENT: _("Department"),
    Organization.Kind.PARTNER: _("Partner organisation"),
    Organization.Kind.UNIVERSITY: _("University"),
    Organization.Kind.TEAM: _("Team"),
}

JOINING: Final = _("They may see your name, volunteer number and phone. You may take this back at any time.")
DESIGNATIONS: Final[dict[str, str | Promise]] = {
    Designation.Kind.BASE: _("Service base"),
    Designation.Kind.POINT: _("Demonstration point"),
    Designation.Kind.TEAM: _("Demonstration team"),
}
MEASURES: Final[dict[str, str | Promise]] = {
    Designation.Measure.MINUTES: _("Hours of service"),
    Designation.Measure.PERSON_TIMES: _("Person-times"),
}
RESULTS: Final[dict[str, str | Promise]] = {
    DesignationReview.Result.KEPT: _("Kept"),
    DesignationReview.Result.IMPROVE: _("To improve"),
    DesignationReview.Result.ENDED: _("Ended"),
}
STANDINGS: Final[dict[str, str | Promise]] = {
    AgreementStanding.DRAFT: _("Draft"),
    AgreementStanding.TO_BEGIN: _("Begins later"),
    AgreementStanding.IN_FORCE: _("In force"),
    AgreementStanding.ENDING: _("Ends soon"),
    AgreementStanding.ENDED: _("Ended"),
}
STANDING_TONES: Final[dict[str, str]] = {
    AgreementStanding.DRAFT: "",
    AgreementStanding.TO_BEGIN: "info",
    AgreementStanding.IN_FORCE: "good",
    AgreementStanding.ENDING: "warn",
    AgreementStanding.ENDED: "",
}
EVENTS: Final[dict[str, str | Promise]] = {
    AgreementEvent.What.DRAFTED: _("Drafted"),
    AgreementEvent.What.CHANGED: _("Changed"),
    AgreementEvent.What.SIGNED: _("Put in force"),
    AgreementEvent.What.FILE_ADDED: _("Scan added"),
    AgreementEvent.What.ENDED: _("Ended"),
    AgreementEvent.What.RAN_OUT: _("Ran out"),
}
