"""Files that leave by a page."""

from __future__ import annotations

from django.http import HttpResponse


def download(data: bytes, content_type: str, name: str) -> HttpResponse:
    """A file to keep, never shown in the page's own frame."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(data, content_type=content_type, headers=headers)
