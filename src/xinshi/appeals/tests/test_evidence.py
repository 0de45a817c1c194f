"""Files of evidence: told by their content, kept sealed, shown only to who may read the request, and able to run nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from xinshi.activities.tests.conftest import Cast, Somebody
from xinshi.appeals.actions import ask, give_more, grant
from xinshi.appeals.domain import Asked, CorrectionKind, Given, NewRequest, TooMuchEvidence
from xinshi.appeals.models import Evidence
from xinshi.appeals.tests.conftest import (
    JPEG,
    PDF,
    PNG,
    REASON,
    TEXT,
    WEBP,
    Served,
    ask_for_times,
    everything,
    request_of,
)
from xinshi.attendance.tests.conftest import at
from xinshi.documents.evidence import (
    FILE_BYTES_MAX,
    EvidenceEmpty,
    EvidenceNotReadable,
    EvidenceTooLarge,
    content_type_of,
)
from xinshi.kernel.errors import NotFound


def archive(content: bytes = b"0" * 10_000_000) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("bomb.txt", content)
    return packed.getvalue()


HOSTILE = {
    "empty": b"",
    "html named as a photo": b"<!DOCTYPE html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "zip bomb": archive(),
    "office document": archive(b"<xml/>"),
    "executable": b"MZ" + bytes(400),
    "elf": b"\x7fELF" + bytes(400),
    "gif": b"GIF89a" + bytes(40) + b";",
    "half a jpeg": b"\xff\xd8\xff\xe0" + bytes(100),
    "jpeg and archive": JPEG + archive(b"x"),
    "jpeg with a page in front": b"\xff\xd8\xff\xe0<script>alert(1)</script>" + bytes(90) + b"\xff\xd9",
    "jpeg with a page behind": JPEG + b"<HTML><body onload=alert(1)>",
    "png cut off": PNG[:-8],
    "png with more behind": PNG + b"%PDF-1.7 and so on",
    "webp of another length": WEBP + bytes(40),
    "riff that is sound": b"RIFF" + (20).to_bytes(4, "little") + b"WAVE" + bytes(16),
    "pdf without an end": b"%PDF-1.7" + bytes(4_000),
    "pdf that begins with a page": b"%PDF-1.7<script>alert(1)</script>%%EOF",
    "pdf not at the beginning": b"\n\n%PDF-1.7\n%%EOF",
    "pdf and archive": PDF + archive(b"x") + b"%%EOF",
    "php": b"<?php system($_GET[0]); ?>",
    "text": "我真的在那里。".encode(),
    "billion laughs": b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><lolz>&lol;</lolz>',
}


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (JPEG, "image/jpeg"),
        (JPEG + bytes(3_000), "image/jpeg"),
        (PNG, "image/png"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
    ],
)
def test_a_file_is_what_its_content_says(data: bytes, content_type: str) -> None:
    assert content_type_of(data) == content_type


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_and_nothing_is_kept(served: Served, cast: Cast, data: bytes) -> None:
    before = everything()
    with pytest.raises((EvidenceNotReadable, EvidenceEmpty)):
        ask_for_times(cast.volunteer, served, evidence=[JPEG, data])
    assert everything() == before
    assert kept_files() == []


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at(served: Served, cast: Cast) -> None:
    before = everything()
    with pytest.raises(EvidenceTooLarge):
        ask_for_times(cast.volunteer, served, evidence=[JPEG[:-2] + bytes(FILE_BYTES_MAX) + JPEG[-2:]])
    assert everything() == before


def kept_files() -> list[Path]:
    folder = Path(settings.MEDIA_ROOT) / "evidence"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_files_are_kept_sealed_under_names_that_say_nothing(served: Served, cast: Cast) -> None:
    request_id = ask_for_times(cast.volunteer, served, evidence=[JPEG, PDF, JPEG])
    rows = list(Evidence.objects.filter(request_id=request_id).order_by("pk"))
    assert sorted(row.content_type for row in rows) == ["application/pdf", "image/jpeg"]
    assert len(kept_files()) == 2
    for path in kept_files():
        assert JPEG not in path.read_bytes()
        assert b"%PDF" not in path.read_bytes()
        assert len(path.name) >= 32
        assert not path.suffix


def test_a_refused_request_keeps_no_file(served: Served, cast: Cast) -> None:
    with pytest.raises(NotFound):
        ask_for_times(cast.second, served, evidence=[JPEG])
    assert kept_files() == []


def test_a_request_has_so_many_files_and_no_more(served: Served, cast: Cast) -> None:
    photos = [JPEG[:-2] + bytes([number]) + JPEG[-2:] for number in range(8)]
    request_id = ask_for_times(cast.volunteer, served, evidence=photos[:5])
    before = everything()
    with pytest.raises(TooMuchEvidence):
        give_more(actor=cast.volunteer.actor, request_id=request_id, text=TEXT, evidence=photos[5:7])
    assert everything() == before
    assert len(kept_files()) == 5
    give_more(actor=cast.volunteer.actor, request_id=request_id, text=TEXT, evidence=[photos[0], photos[5]])
    assert Evidence.objects.filter(request_id=request_id).count() == 6


def test_evidence_is_shown_to_who_may_read_the_request_only(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served, evidence=[JPEG])
    (file,) = Evidence.objects.filter(request_id=request_id)
    address = f"/appeals/evidence/{file.pk}/"
    for who in (cast.volunteer, colleague, cast.coordinator, cast.administrator, cast.auditor):
        response = who.client.get(address)
        assert (response.status_code, response.content) == (200, JPEG)
    for who in (cast.second, cast.leader, cast.clerk):
        assert who.client.get(address).status_code == 404


def test_evidence_can_run_nothing_in_a_browser(served: Served, cast: Cast) -> None:
    request_id = ask_for_times(cast.volunteer, served, evidence=[JPEG, PDF])
    for file in Evidence.objects.filter(request_id=request_id):
        response = cast.volunteer.client.get(f"/appeals/evidence/{file.pk}/")
        assert response["Content-Type"] == file.content_type
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["Cache-Control"] == "private, no-store"
        is_pdf = file.content_type == "application/pdf"
        assert response["Content-Disposition"].startswith("attachment" if is_pdf else "inline")


def test_a_lost_file_is_just_not_there(served: Served, cast: Cast) -> None:
    request_id = ask_for_times(cast.volunteer, served, evidence=[JPEG])
    (file,) = Evidence.objects.filter(request_id=request_id)
    (path,) = kept_files()
    path.write_bytes(b"altered behind the program's back")
    assert cast.volunteer.client.get(f"/appeals/evidence/{file.pk}/").status_code == 404
    path.unlink()
    assert cast.volunteer.client.get(f"/appeals/evidence/{file.pk}/").status_code == 404


def test_the_page_takes_photos_and_says_what_is_wrong_with_others(
    served: Served, cast: Cast, colleague: Somebody
) -> None:
    client, address = cast.volunteer.client, f"/appeals/ask/?about=service-record:{served.record_id}"
    typed = {"kind": "record", "day": "2026-03-03", "starts": "09:00", "ends": "10:00", "hours": "", "text": TEXT}
    before = everything()
    page = client.post(address, typed | {"evidence": SimpleUploadedFile("photo.jpg", HOSTILE["svg"], "image/jpeg")})
    assert page.status_code == 200
    assert "PDF" in page.content.decode()
    assert TEXT in page.content.decode()
    assert everything() == before
    files = [SimpleUploadedFile("a.exe", JPEG), SimpleUploadedFile("b.jpg", PDF)]
    done = client.post(address, typed | {"evidence": files})
    assert done.status_code == 302
    request_id = int(done["Location"].split("/")[-2])
    assert Evidence.objects.filter(request_id=request_id).count() == 2
    given = Given(starts_at=at(9), ends_at=at(10))
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given)
    assert request_of(request_id).state == "granted"


def test_a_program_adds_a_photo(served: Served, cast: Cast) -> None:
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.RECORD,
            subject_ref=f"service-record:{served.record_id}",
            text=TEXT,
            asked=Asked(minutes=30),
        ),
    )
    address = f"/api/v1/appeals/requests/{request_id}/evidence"
    done = cast.volunteer.client.post(address, {"text": "补一张照片", "file": SimpleUploadedFile("x", PNG)})
    assert done.status_code == 200, done.content
    assert Evidence.objects.get(request_id=request_id).content_type == "image/png"
    refused = cast.volunteer.client.post(address, {"text": "再补一张", "file": SimpleUploadedFile("x.png", b"GIF89a")})
    assert (refused.status_code, refused.json()["code"]) == (422, "evidence_type")
    assert Evidence.objects.filter(request_id=request_id).count() == 1
