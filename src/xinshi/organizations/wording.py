"""Words for the kinds of organisations, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.organizations.models import Organization

KINDS: Final[dict[str, str | Promise]] = {
    Organization.Kind.HOSPITAL: _("Hospital"),
    Organization.Kind.DEPARTMENT: _("Department"),
    Organization.Kind.PARTNER: _("Partner organisation"),
    Organization.Kind.UNIVERSITY: _("University"),
}
