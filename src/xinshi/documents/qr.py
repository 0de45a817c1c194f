"""QR codes that any phone's own scanner opens: each holds the address of a page of this site."""

from __future__ import annotations

import io

import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe


def site_address(path: str) -> str:
    """The absolute address of a page of this site, as people outside reach it."""
    assert path.startswith("/"), "a page's address begins with a slash"
    return f"{settings.BASE_URL}{path}"


def qr_drawing(path: str) -> str:
    """The QR code of the page at `path` as an SVG document, for the typesetter; without a quiet zone."""
    written = io.BytesIO()
    segno.make(site_address(path), error="m", micro=False).save(
        written, kind="svg", border=0, dark="#000", light=None, svgclass=None, lineclass=None, xmldecl=False
    )
    return written.getvalue().decode()


def qr_svg(path: str, *, label: str) -> SafeString:
    """The QR code of the page at `path` as SVG markup, `label` for screen readers.

    Dark on white in every colour scheme, with the quiet zone that scanners need; no inline style. It takes the width of
    what it stands in.
    """
    markup: str = segno.make(site_address(path), error="m", micro=False).svg_inline(
        border=4, omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None, title=label
    )
    drawn = markup.replace("<svg", '<svg role="img"', 1)
    return mark_safe(drawn)  # noqa: S308  # nosec B308, B703  # segno escapes the title; the rest is drawn by it.
