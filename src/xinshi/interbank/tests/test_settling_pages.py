"""The pages of settling through HTTP: who sees what; keys, differences and overlaps brought to an end."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from xinshi.exchange.models import Partner
from xinshi.exchange.tests.conftest import NOW, Bank, Cast, Somebody
from xinshi.interbank.identity.actions import make_tokens
from xinshi.interbank.identity.domain import check_code
from xinshi.interbank.identity.models import PersonToken, SharedKey
from xinshi.interbank.identity.tests.conftest import LI, give_number
from xinshi.interbank.identity.tests.test_identity import SECRET, agree
from xinshi.interbank.overlaps.actions import hold_back_overlaps
from xinshi.interbank.overlaps.models import OverlapReview
from xinshi.interbank.overlaps.tests.test_overlaps import DAY, from_river
from xinshi.interbank.reconciling.models import Comparison, Difference
from xinshi.interbank.reconciling.queries import overdue_by_partner
from xinshi.interbank.reconciling.tests.conftest import FROM, UNTIL, Books, books, cast, entry, frozen, listed, river
from xinshi.kernel.actor import Actor

__all__ = ["books", "cast", "frozen", "river"]
SYSTEM = Actor.system("tests")


def get(who: Somebody, name: str, *args: object, **query: object) -> HttpResponse:
    return who.client.get(reverse(f"interbank:{name}", args=args), query)


def words(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def compared(cast: Cast, river: Partner, books: Books) -> Comparison:
    """By a file: one message matches, one differs, one is only here."""
    books.ours = [entry("a"), entry("b"), entry("c")]
    data = json.dumps(listed([entry("a"), entry("b", minutes=60)])).encode()
    answer = cast.coordinator.client.post(
        reverse("interbank:comparisons", args=[river.pk]),
        {"from_day": FROM, "to_day": UNTIL, "file": SimpleUploadedFile("list.json", data)},
    )
    found = Comparison.objects.get()
    assert answer.headers["Location"] == reverse("interbank:comparison", args=[found.pk])
    return found


def test_keepers_and_auditors_see_the_lists_and_nobody_else(cast: Cast, compared: Comparison) -> None:
    text = words(get(cast.auditor, "comparison", compared.pk))
    assert "1 matched · 2 hours" in text
    assert "1 not the same" in text
    assert "1 only here" in text
    assert "2 open differences" in words(get(cast.coordinator, "settling"))
    number = Difference.objects.get(place="differs").pk
    assert "Hours differ" in text
    assert "What is not the same Hours differ" in words(get(cast.auditor, "difference", number))
    assert "1 hour will be taken back here" in words(get(cast.auditor, "difference", number))
    for name, args in (("settling", []), ("comparison", [compared.pk]), ("differences", []), ("difference", [number])):
        assert get(cast.li, name, *args).status_code == 403
    assert "End the difference" not in words(get(cast.auditor, "difference", number))
    assert get(cast.coordinator, "difference", 10**9).status_code == 404


def test_a_difference_is_worked_on_its_page(cast: Cast, compared: Comparison) -> None:
    found = Difference.objects.get(place="only_here")
    client, address = cast.administrator.client, reverse("interbank:difference", args=[found.pk])
    assert "You are the owner" in words(client.post(f"{address}owner/", follow=True))
    assert "等对方回信" in words(client.post(address, {"do": "note", "text": "等对方回信"}, follow=True))
    late = client.post(address, {"do": "due", "due_on": "2020-01-01", "reason": "x"})
    assert "Choose a day from today" in words(late)
    refused = words(client.post(address, {"do": "end", "ending": "theirs", "reason": "不在我方"}))
    assert "Type the number of the passbook" in refused
    assert Difference.objects.get(pk=found.pk).ending == ""
    done = words(client.post(address, {"do": "end", "ending": "ours", "reason": "对方补记"}, follow=True))
    assert "The difference has come to its end." in done
    assert "对方补记" in done
    assert "1 open difference" in words(get(cast.coordinator, "settling"))


def test_a_list_without_a_message_is_asked_after(cast: Cast, river: Partner, books: Books) -> None:
    books.ours = [entry("a")]
    client, address = cast.coordinator.client, reverse("interbank:comparisons", args=[river.pk])
    asked = "Is it the right list, and the right period?"
    for theirs, is_asked in (([], True), ([entry("b")], False)):
        upload = SimpleUploadedFile("list.json", json.dumps(listed(theirs)).encode())
        typed = {"from_day": FROM, "to_day": UNTIL, "file": upload}
        assert (asked in words(client.post(address, typed, follow=True))) is is_asked


def test_a_file_that_is_no_list_says_what_is_wrong(cast: Cast, river: Partner, books: Books) -> None:
    client, address = cast.coordinator.client, reverse("interbank:comparisons", args=[river.pk])
    upload = SimpleUploadedFile("list.json", b"{")
    answer = client.post(address, {"from_day": FROM, "to_day": UNTIL, "file": upload})
    assert "This is not a list of messages" in words(answer)
    assert not Comparison.objects.exists()


def test_a_key_is_shown_once_and_entered_with_its_check_code(cast: Cast, river: Partner) -> None:
    address = reverse("interbank:keys", args=[river.pk])
    made = words(cast.administrator.client.post(address, {"do": "make"}))
    key = SharedKey.objects.get()
    assert key.check_code in made
    assert f"{key.secret[:4]} {key.secret[4:8]}" in made
    again = words(cast.administrator.client.get(address))
    assert key.secret[:4] not in again
    wrong = words(cast.administrator.client.post(address, {"do": "enter", "secret": SECRET, "check_code": "AAAAAA"}))
    assert "The check code does not belong to this key" in wrong
    typed = {"do": "enter", "secret": SECRET.lower(), "check_code": check_code(SECRET)}
    cast.administrator.client.post(address, typed)
    assert [row.check_code for row in SharedKey.objects.order_by("number")] == [key.check_code, check_code(SECRET)]
    cast.administrator.client.post(reverse("interbank:retire_key", args=[key.pk]))
    assert SharedKey.objects.get(pk=key.pk).accepted_until is not None
    assert get(cast.coordinator, "keys", river.pk).status_code == 403


def test_a_number_on_two_records_is_decided_on_its_page(cast: Cast, river: Partner) -> None:
    give_number(cast.li.person_id, LI)
    give_number(cast.wang.person_id, f"{LI} ")
    cast.administrator.client.post(reverse("interbank:keys", args=[river.pk]), {"do": "make"})
    for who in (cast.li, cast.wang):
        agree(who.person_id, river)
    make_tokens(actor=SYSTEM, partner_id=river.pk)
    listed = words(get(cast.coordinator, "clashes"))
    for who in (cast.li, cast.wang):
        assert f"{who.name} · {who.number}" in listed
    chosen = PersonToken.objects.get(person_id=cast.li.person_id).pk
    client = cast.coordinator.client
    client.post(reverse("interbank:settle_clash"), {"token": "x", "reason": "看过证件"})
    assert set(PersonToken.objects.values_list("state", flat=True)) == {"clashing"}
    client.post(reverse("interbank:settle_clash"), {"token": chosen, "reason": "看过证件"})
    assert PersonToken.objects.get(pk=chosen).state == "active"


def test_hours_counted_twice_are_taken_back_on_their_page(cast: Cast, river: Partner) -> None:
    Bank().served(cast.li, 120, day=DAY)
    hold_back_overlaps(actor=SYSTEM, deposit_ids=[from_river(cast.li, river)])
    review = OverlapReview.objects.get()
    assert "The same number of hours on the same day." in words(get(cast.auditor, "overlaps"))
    client = cast.coordinator.client
    client.post(reverse("interbank:discard_overlap", args=[review.pk]), {"reason": ""})
    assert OverlapReview.objects.get().state == "waiting"
    client.post(reverse("interbank:discard_overlap", args=[review.pk]), {"reason": "同一次服务"})
    assert OverlapReview.objects.get().state == "discarded"
    assert "同一次服务" in words(get(cast.auditor, "overlaps", state="decided"))


def test_programs_compare_end_and_read(cast: Cast, compared: Comparison, river: Partner) -> None:
    client, base = cast.coordinator.client, "/api/v1/interbank"
    rows = client.get(f"{base}/differences", {"state": "open", "partner_id": river.pk}).json()["items"]
    assert [(row["place"], row["owed_minutes"]) for row in rows] == [("differs", -60), ("only_here", -120)]
    ended = client.post(
        f"{base}/differences/{rows[0]['id']}/end",
        {"ending": "outside", "reason": "已核实"},
        content_type="application/json",
    )
    assert ended.json() == {"id": rows[0]["id"], "booking": ""}
    assert client.get(f"{base}/differences/{rows[0]['id']}").json()["ending"] == "outside"
    listing = client.get(f"{base}/comparisons", {"partner_id": river.pk}).json()["items"]
    assert [(row["matched"], row["only_here"], row["differs"]) for row in listing] == [(1, 1, 1)]
    issued = client.post(
        f"{base}/statements", {"partner_id": river.pk, "month": "2026-10-09"}, content_type="application/json"
    ).json()
    assert (issued["month"], issued["closing_minutes"]) == ("2026-10-01", 0)
    assert client.get(f"{base}/statements").json()["items"][0]["number"] == issued["number"]
    assert cast.li.client.get(f"{base}/differences").status_code == 403


def test_an_overdue_difference_raises_the_partners_alarm(cast: Cast, river: Partner, compared: Comparison) -> None:
    def alarm() -> int:
        return int(Client().get("/healthz").json()["alarms"]["partners_with_overdue_differences"])

    Difference.objects.update(due_on=NOW.date())
    assert alarm() == 0
    assert "Differences overdue" not in words(cast.auditor.client.get(reverse("exchange:partners")))
    Difference.objects.update(due_on=NOW.date() - timedelta(days=1))
    assert alarm() == 1, "a partner counts once, whatever number of differences it has"
    desk = words(cast.administrator.client.get(reverse("web:desk")))
    assert "1 partner of the exchange that needs somebody now" in desk
    assert "1 with overdue differences" in desk
    for address in (reverse("exchange:partners"), reverse("exchange:partner", args=[river.pk])):
        assert "2 overdue" in words(cast.auditor.client.get(address))
    [told] = cast.auditor.client.get("/api/v1/exchange/partners").json()[:1]
    assert (told["id"], told["open_differences"], told["overdue_differences"]) == (river.pk, 2, 2)
    Difference.objects.filter(place="differs").update(due_on=NOW.date())
    assert (alarm(), overdue_by_partner()) == (1, {river.pk: 1})
