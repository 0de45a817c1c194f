"""Settings: every mistake is said at once; keys are made once and readable by their owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from xinshi.config.environment import Environment


def test_reports_every_mistake_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINSHI_DATABASE_URL", "mysql://somewhere")
    monkeypatch.setenv("XINSHI_PORT", "99999")
    monkeypatch.setenv("XINSHI_VAULT_KEY", "ab")
    with pytest.raises(ValidationError) as refused:
        Environment()
    assert {error["loc"][0] for error in refused.value.errors()} == {"database_url", "port", "vault_key"}


def test_makes_a_key_once_and_keeps_it_to_its_owner(tmp_path: Path) -> None:
    environment = Environment(data_dir=tmp_path)
    key = environment.key("vault_key")
    assert len(bytes.fromhex(key)) == 32
    assert environment.key("vault_key") == key
    assert environment.key("index_key") != key
    assert (tmp_path / "keys" / "vault_key").stat().st_mode & 0o777 == 0o600


def test_a_given_key_wins_over_the_file(tmp_path: Path) -> None:
    given = "0f" * 32
    assert Environment(data_dir=tmp_path, vault_key=given).key("vault_key") == given
    assert not (tmp_path / "keys" / "vault_key").exists()


@pytest.mark.parametrize(("address", "secure"), [("https://bank.example", True), ("http://127.0.0.1:8000", False)])
def test_cookies_are_secure_where_people_come_by_https(address: str, secure: bool) -> None:
    assert Environment(base_url=address).is_secure is secure


def test_the_interface_of_zhiyuanhui_wants_encryption_and_keys_and_errors_keep_the_secret() -> None:
    url, keys = (
        "https://partner.example",
        {"zhiyuanhui_access_key_id": "k", "zhiyuanhui_access_key_secret": "very secret"},
    )
    assert "very secret" not in repr(Environment(zhiyuanhui_url=url, **keys))
    for given in ({"zhiyuanhui_url": "http://partner.example", **keys}, {"zhiyuanhui_url": url}):
        with pytest.raises(ValidationError) as refused:
            Environment(**given)
        assert "very secret" not in str(refused.value)


def test_networks_of_ones_own_are_named_as_networks() -> None:
    assert Environment(outgoing_networks=["10.20.0.0/16", "127.0.0.1"]).outgoing_networks == [
        "10.20.0.0/16",
        "127.0.0.1/32",
    ]
    with pytest.raises(ValidationError):
        Environment(outgoing_networks=["10.20.0.1/16"])
