"""Files kept between two pages: sealed, one's own, few, and not for long."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from xinshi.documents.keeping import KEPT_PER_PERSON_MAX, KeptFileGone, forget, keep, kept
from xinshi.documents.sheets import FileTooLarge
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

LI = Actor(reference="user:1", user_id=1)
WANG = Actor(reference="user:2", user_id=2)


def files(settings: object) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def kept_by_li(data: bytes = b"roster", name: str = "花名册.xlsx") -> str:
    return keep(actor=LI, purpose="roster", name=name, data=data)


def test_gives_back_what_was_kept_to_who_kept_it() -> None:
    key = kept_by_li()
    found = kept(actor=LI, purpose="roster", key=key)
    assert (found.name, found.data) == ("花名册.xlsx", b"roster")


def test_is_sealed_at_rest(settings: object) -> None:
    kept_by_li(b"430399196502219359", "430399196502219359.xlsx")
    [path] = files(settings)
    assert b"430399196502219359" not in path.read_bytes()
    assert "430399196502219359" not in str(path)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "1234567890-" + "x" * 22, "x" * 500, "1\0"])
def test_a_wrong_key_opens_nothing(key: str) -> None:
    kept_by_li()
    with pytest.raises(KeptFileGone):
        kept(actor=LI, purpose="roster", key=key)


def test_the_key_is_worthless_to_others_and_for_other_purposes(settings: object) -> None:
    key = kept_by_li()
    with pytest.raises(KeptFileGone):
        kept(actor=WANG, purpose="roster", key=key)
    with pytest.raises(KeptFileGone):
        kept(actor=LI, purpose="hours", key=key)
    forget(actor=WANG, purpose="roster", key=key)
    assert len(files(settings)) == 1


def test_a_file_moved_to_another_persons_folder_does_not_open(settings: object) -> None:
    key = kept_by_li()
    own = keep(actor=WANG, purpose="roster", name="x", data=b"y")
    theirs = next(path for path in files(settings) if path.name == own)
    next(path for path in files(settings) if path.name == key).rename(theirs.with_name(key))
    with pytest.raises(KeptFileGone):
        kept(actor=WANG, purpose="roster", key=key)


def test_an_hour_later_it_is_gone_for_everybody(settings: object) -> None:
    key = kept_by_li()
    with time_machine.travel(clock.now() + timedelta(seconds=3_590)):
        assert kept(actor=LI, purpose="roster", key=key).data == b"roster"
    with time_machine.travel(clock.now() + timedelta(seconds=3_610)):
        with pytest.raises(KeptFileGone):
            kept(actor=LI, purpose="roster", key=key)
        keep(actor=WANG, purpose="roster", name="x", data=b"y")
    assert len(files(settings)) == 1


def test_the_oldest_of_too_many_goes(settings: object) -> None:
    keys = []
    for second in range(KEPT_PER_PERSON_MAX + 2):
        with time_machine.travel(clock.now() + timedelta(seconds=second), tick=False):
            keys.append(kept_by_li())
    assert len(files(settings)) == KEPT_PER_PERSON_MAX
    with pytest.raises(KeptFileGone):
        kept(actor=LI, purpose="roster", key=keys[1])
    assert kept(actor=LI, purpose="roster", key=keys[2]).data == b"roster"


def test_refuses_what_is_too_large_and_forgets_on_demand(settings: object) -> None:
    with pytest.raises(FileTooLarge):
        kept_by_li(b"x" * (20 * 1024 * 1024 + 1))
    assert files(settings) == []
    key = kept_by_li()
    forget(actor=LI, purpose="roster", key=key)
    forget(actor=LI, purpose="roster", key=key)
    assert files(settings) == []
