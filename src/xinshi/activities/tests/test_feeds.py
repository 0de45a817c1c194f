"""Calendars are read back by a parser of their own, written from RFC 5545."""

from __future__ import annotations

from datetime import UTC, datetime

from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.activities.actions import cancel_activity, cancel_sign_up, change_activity, sign_up
from xinshi.activities.feeds.actions import digest_of
from xinshi.activities.feeds.ical import Event, Status, calendar
from xinshi.activities.models import Activity, CalendarAddress, Shift
from xinshi.activities.planned import planned
from xinshi.activities.tests.conftest import Cast, MakeActivity, Somebody

UNESCAPED = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}


def parsed(data: bytes) -> list[dict[str, str]]:
    """The events of a calendar object; asserts what RFC 5545 asks of lines, folding, order and required properties."""
    assert data.endswith(b"\r\n")
    raw = data[:-2].split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in raw)
    lines: list[str] = []
    for part in raw:
        text = part.decode()  # No sign may be cut in two.
        if text.startswith(" "):
            lines[-1] += text[1:]
        else:
            lines.append(text)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-1] == "END:VCALENDAR"
    assert sum(line.startswith("PRODID:") for line in lines) == 1
    events: list[dict[str, str]] = []
    inside: dict[str, str] | None = None
    for line in lines:
        if line == "BEGIN:VEVENT":
            inside = {}
        elif line == "END:VEVENT":
            assert inside is not None
            assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS"} <= inside.keys()
            events.append(inside)
            inside = None
        elif inside is not None:
            name, _, value = line.partition(":")
            assert name not in inside, "each property once"
            inside[name] = value
    return events


def text_of(value: str) -> str:
    found, position = "", 0
    while position < len(value):
        pair = value[position : position + 2]
        found += UNESCAPED.get(pair, value[position])
        position += 2 if pair in UNESCAPED else 1
    return found


def moment_of(value: str) -> datetime:
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def own(browser: Client) -> str:
    """A new secret address, as the page shows it once."""
    page = browser.post(reverse("activities:feeds")).content.decode()
    return page.split("/activities/calendars/", 1)[1].split(".ics</code>", 1)[0]


def events_of(word: str) -> list[dict[str, str]]:
    answer = Client().get(reverse("activities:own_calendar", args=[word]))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    return parsed(answer.content)


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\x7f", min_codepoint=10), max_size=200)


@given(summary=TEXTS, location=TEXTS, description=TEXTS)
def test_any_text_comes_back_as_it_was(summary: str, location: str, description: str) -> None:
    now = datetime(2026, 11, 26, 1, 2, 3, tzinfo=UTC)
    event = Event(
        uid="shift-1@x",
        sequence=2,
        stamp=now,
        starts_at=now,
        ends_at=now.replace(hour=3),
        summary=summary,
        location=location,
        description=description,
        status=Status.TENTATIVE,
    )
    (found,) = parsed(calendar([event], name=summary))
    kept = ["".join(sign for sign in text if sign == "\n" or sign >= " ") for text in (summary, location, description)]
    assert text_of(found["SUMMARY"]) == kept[0]
    assert text_of(found.get("LOCATION", "")) == kept[1]
    assert text_of(found.get("DESCRIPTION", "")) == kept[2]
    assert (moment_of(found["DTSTART"]), moment_of(found["DTEND"])) == (event.starts_at, event.ends_at)


def change(cast: Cast, activity_id: int, **more: object) -> None:
    from dataclasses import replace

    wanted = replace(planned(Activity.objects.get(pk=activity_id)), **more)
    change_activity(actor=cast.coordinator.actor, activity_id=activity_id, activity=wanted)


def test_ones_own_calendar_follows_every_change(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(title="导医；咨询, 陪诊")
    signup = sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    make_activity(title="别人的")
    word = own(cast.volunteer.client)
    (first,) = events_of(word)
    assert text_of(first["SUMMARY"]) == "导医；咨询, 陪诊"
    assert moment_of(first["DTSTART"]) == Shift.objects.get(pk=made.shift_ids[0]).starts_at
    assert first["STATUS"] == "CONFIRMED"
    change(cast, made.activity_id, place="住院楼")
    (moved,) = events_of(word)
    cancel_sign_up(actor=cast.volunteer.actor, signup_id=signup.signup_id)
    (given_back,) = events_of(word)
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    (again,) = events_of(word)
    cancel_activity(actor=cast.coordinator.actor, activity_id=made.activity_id, reason="台风")
    (off,) = events_of(word)
    states = [first, moved, given_back, again, off]
    assert [state["STATUS"] for state in states] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
    sequences = [int(state["SEQUENCE"]) for state in states]
    assert sequences == sorted(set(sequences)), "each change is newer than the last"
    assert len({state["UID"] for state in states}) == 1
    assert moved["LOCATION"] == "住院楼"


def test_the_secret_word_is_kept_as_a_digest_rotates_and_is_revoked(cast: Cast) -> None:
    browser = cast.volunteer.client
    first = own(browser)
    assert CalendarAddress.objects.get().digest == digest_of(first)
    assert first not in str(CalendarAddress.objects.values_list())
    assert first not in browser.get(reverse("activities:feeds")).content.decode()
    second = own(browser)
    assert Client().get(reverse("activities:own_calendar", args=[first])).status_code == 404
    assert events_of(second) == []
    assert browser.post(reverse("activities:revoke_calendar")).status_code == 302
    assert Client().get(reverse("activities:own_calendar", args=[second])).status_code == 404
    assert CalendarAddress.objects.filter(revoked_at=None).count() == 0


def test_the_public_calendar_has_what_everybody_may_take(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(title="导医")
    make_activity(title="草稿", state="draft")
    hidden = make_activity(title="仅受邀者")
    Activity.objects.filter(pk=hidden.activity_id).update(recruits="invited")
    (event,) = parsed(Client().get(reverse("activities:open_calendar")).content)
    assert (event["SUMMARY"], event["UID"].startswith(f"shift-{made.shift_ids[0]}@")) == ("导医", True)


def test_one_shift_as_a_file_for_who_may_see_it(cast: Cast, make_activity: MakeActivity) -> None:
    draft, made = make_activity(state="draft"), make_activity()

    def got(who: Somebody, shift_id: int) -> int:
        return who.client.get(reverse("activities:shift_file", args=[shift_id])).status_code

    assert got(cast.volunteer, made.shift_ids[0]) == 200
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    page = cast.volunteer.client.get(reverse("activities:detail", args=[made.activity_id])).content.decode()
    assert reverse("activities:shift_file", args=[made.shift_ids[0]]) in page
    assert got(cast.volunteer, draft.shift_ids[0]) == 404
    assert got(cast.coordinator, draft.shift_ids[0]) == 200
