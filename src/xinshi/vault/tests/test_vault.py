"""Personal data at rest: sealed for one field, opened by one key, found by a digest."""

from __future__ import annotations

import secrets

import pytest
from django.apps import apps
from django.db import connection

from xinshi.vault.cipher import VaultError, blind_index, blind_indexes, decrypt, decrypt_bytes, encrypt, encrypt_bytes


@pytest.fixture
def another_key(settings):
    settings.VAULT_KEY = secrets.token_hex(32)


def test_opens_what_it_sealed_and_seals_the_same_text_differently_each_time():
    one, two = encrypt("110101199003074610", context="person.id"), encrypt("110101199003074610", context="person.id")
    assert one != two
    assert "110101199003074610" not in one
    assert decrypt(one, context="person.id") == decrypt(two, context="person.id") == "110101199003074610"


def test_a_wrong_key_raises_and_gives_nothing_back(settings):
    sealed, file = encrypt("19900000000", context="a"), encrypt_bytes(b"roster", context="a")
    settings.VAULT_KEY = secrets.token_hex(32)
    with pytest.raises(VaultError):
        decrypt(sealed, context="a")
    with pytest.raises(VaultError):
        decrypt_bytes(file, context="a")


def test_a_value_cannot_be_moved_to_another_field():
    with pytest.raises(VaultError):
        decrypt(encrypt("19900000000", context="people.person.phone"), context="people.person.id_number")
    with pytest.raises(VaultError):
        decrypt_bytes(encrypt_bytes(b"x", context="a"), context="b")


@pytest.mark.parametrize("stored", ["", "19900000000", "v1:", "v1:%%%", "v1:AQ==", "v1:" + "A" * 64])
def test_what_was_never_sealed_or_was_altered_raises(stored):
    with pytest.raises(VaultError):
        decrypt(stored, context="a")


def test_every_altered_sign_is_noticed():
    sealed = bytearray(encrypt_bytes(b"19900000000", context="a"))
    for place in range(len(sealed)):
        sealed[place] ^= 1
        with pytest.raises(VaultError):
            decrypt_bytes(bytes(sealed), context="a")
        sealed[place] ^= 1


def test_the_index_depends_on_its_key_and_on_the_field_and_shows_nothing(settings):
    index = blind_index("19900000000", context="person.phone")
    assert index == blind_index("19900000000", context="person.phone")
    assert len(index) == 32
    assert index != blind_index("19900000000", context="person.id_number")
    assert index != blind_index("19900000001", context="person.phone")
    settings.INDEX_KEY = secrets.token_hex(32)
    assert index != blind_index("19900000000", context="person.phone")


def test_a_blind_index_is_the_digest_by_which_stored_ones_were_made(settings):
    """HMAC-SHA-256 of context, a zero byte and text, the first half: another figure would find nobody again."""
    settings.INDEX_KEY = "07" * 32
    assert blind_indexes(["19900000000"] * 2, context="person.phone") == ["80fcd11f6f13f7300128064cd5a3a649"] * 2


@pytest.mark.django_db
def test_the_column_holds_ciphertext_only_and_a_wrong_key_does_not_load_the_row(settings):
    from django.utils import timezone

    number, phone = "990101199003074610", "19900000000"
    people = apps.get_model("people", "Person").objects
    index = blind_index(number, context="person.id_number")
    people.create(name="甲", id_kind="01", id_number=number, id_index=index, phone=phone, registered_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number, phone, id_index FROM person")
        [row] = cursor.fetchall()
    assert not any(secret in str(column) for column in row for secret in (number, phone))
    assert people.get().phone == phone
    settings.VAULT_KEY = secrets.token_hex(32)
    with pytest.raises(VaultError):
        people.get()


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["contains", "startswith", "gt", "in"])
def test_a_sealed_field_refuses_to_be_searched(lookup):
    with pytest.raises(TypeError):
        apps.get_model("people", "Person").objects.filter(
            **{f"phone__{lookup}": ["1"] if lookup == "in" else "1"}
        ).exists()
