"""Every setting that an operator may give, read from `XINSHI_…` variables; all mistakes are reported at once."""

from __future__ import annotations

import os
import secrets
from datetime import date
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32


class Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="XINSHI_", extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of the SQLite file, uploads, and the keys made at first start.",
    )
    database_url: str = Field(
        default="",
        description="postgresql://user:password@host:port/name; empty means SQLite in the data folder.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="How people reach the site: links in QR codes start with it.",
    )
    allowed_hosts: list[str] = Field(default=["127.0.0.1", "localhost"], description="Host names, a JSON list.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    web_processes: int = Field(default=3, ge=1, le=64, description="Web processes on PostgreSQL; SQLite has one.")
    web_threads: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="Threads per web process: by default 2 on PostgreSQL, each with its own connection, 8 on SQLite.",
    )
    worker_inside: bool = Field(
        default=False, description="Run the worker in the web process; `serve` sets it on SQLite."
    )
    trusted_proxies: int = Field(default=0, ge=0, le=9, description="Reverse proxies in front of the server.")
    hospital_name_zh: str = Field(default="示范市中心医院", description="The hospital's Chinese name.")
    hospital_name_en: str = Field(default="Demo Central Hospital", description="The hospital's English name.")
    bank_code: str = Field(
        default="demo-central",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$",
        description="By which other time banks call this one: small letters, digits, hyphens. Never changed once used.",
    )
    sms_gateway: Literal["auto", "console", "http", "off"] = Field(
        default="auto",
        description="How texts leave: http to a provider, console for developing, off; auto is console on this machine "
        "alone, off elsewhere.",
    )
    sms_http_url: str = Field(default="", description="Where the http gateway posts texts to.")
    sms_http_token: str = Field(default="", description="The bearer token of the http gateway.")
    codes_from_address_max: int = Field(
        default=60,
        ge=1,
        le=100_000,
        description="Codes by text that one network address may ask for in an hour. A hospital's or a school's network, and "
        "often a phone company's, is one address: raise it for a recruiting day.",
    )
    codes_max: int = Field(
        default=2_000,
        ge=1,
        le=1_000_000,
        description="Codes by text in an hour altogether: what a surge needs, and a bound to what an attack may cost.",
    )
    registration_activates: bool = Field(
        default=False, description="Accounts that adults open by themselves are active at once, unchecked."
    )
    allowance_yuan_max: int = Field(
        default=100, ge=0, le=10_000, description="What a volunteer may get a day for fares and meals; above it is pay."
    )
    zhiyuanhui_file_rows_max: int = Field(
        default=5_000,
        ge=1,
        le=50_000,
        description="Rows of one honorary file that 志愿汇 takes; more become more files.",
    )
    sign_up_rules: dict[str, int] = Field(
        default={}, description="Rest, reminders and deadlines of signing up, a JSON object; see activities/rules.py."
    )
    outgoing_networks: list[str] = Field(
        default=[],
        description="Networks beyond the public internet in which partners may be called, a JSON list such as "
        '["10.20.0.0/16"]; http:// only with 127.0.0.1 in it.',
    )
    partner_silent_hours: int = Field(
        default=24,
        ge=1,
        le=8_760,
        description="After so many hours without a word from a partner administrators are told.",
    )
    zhiyuanhui_url: str = Field(
        default="", description="Where 志愿汇's partner interface answers, https://…; empty means spreadsheets only."
    )
    zhiyuanhui_access_key_id: str = Field(default="", description="The contract's access key of 志愿汇's interface.")
    zhiyuanhui_access_key_secret: str = Field(
        default="", repr=False, description="Its secret; it signs every question."
    )
    zhiyuanhui_region_id: str = Field(default="", max_length=64, description="The contract's RegionId.")
    zhiyuanhui_since: date | None = Field(
        default=None, description="The first day that is pulled, 2026-01-01; empty means 30 days before the first pull."
    )
    zhiyuanhui_timeout_seconds: float = Field(default=20, gt=0, le=300, description="For one question to 志愿汇.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    debug: bool = Field(default=False, description="Developers only: error pages with source code.")
    secret_key: str = Field(default="", description="Signs sessions; empty means the key file in the data folder.")
    vault_key: str = Field(default="", description="Encrypts personal data, 64 hex digits; empty means the key file.")
    index_key: str = Field(default="", description="Blind indexes, 64 hex digits; empty means the key file.")

    @field_validator("database_url")
    @classmethod
    def known_database(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://", "sqlite:///")):
            raise ValueError("must start with postgresql:// or sqlite:///, or be empty")
        return value

    @field_validator("outgoing_networks")
    @classmethod
    def known_networks(cls, value: list[str]) -> list[str]:
        return [str(ip_network(name)) for name in value]

    @field_validator("vault_key", "index_key")
    @classmethod
    def hex_key(cls, value: str) -> str:
        if value and len(bytes.fromhex(value)) != KEY_BYTES:
            raise ValueError("must be 64 hex digits")
        return value

    @model_validator(mode="after")
    def gateway_has_address(self) -> Self:
        if self.sms_gateway == "http" and not self.sms_http_url.startswith(
            ("https://", "http://127.0.0.1", "http://localhost")
        ):
            raise ValueError("XINSHI_SMS_HTTP_URL must start with https:// where XINSHI_SMS_GATEWAY is http")
        return self

    @model_validator(mode="after")
    def interface_is_encrypted(self) -> Self:
        url = self.zhiyuanhui_url
        if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("XINSHI_ZHIYUANHUI_URL must start with https://")
        if url and not (self.zhiyuanhui_access_key_id and self.zhiyuanhui_access_key_secret):
            raise ValueError("XINSHI_ZHIYUANHUI_URL needs …_ACCESS_KEY_ID and …_ACCESS_KEY_SECRET beside it")
        return self

    @property
    def chosen_sms_gateway(self) -> Literal["console", "http", "off"]:
        """The gateway for texts: by itself only a site that nobody else can reach shows codes on its console."""
        if self.sms_gateway != "auto":
            return self.sms_gateway
        return "console" if self.base_url.startswith(("http://127.0.0.1", "http://localhost")) else "off"

    @property
    def is_secure(self) -> bool:
        """True where people reach the site over HTTPS: cookies, redirects and HSTS follow it."""
        return self.base_url.startswith("https://")

    def key(self, name: Literal["secret_key", "vault_key", "index_key"]) -> str:
        """The key given by the environment, else the one in the data folder, made at first use, owner-readable only."""
        given: str = getattr(self, name)
        return given or _key_from_file(self.data_dir / "keys" / name)


def _key_from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(KEY_BYTES))
    return path.read_text(encoding="ascii").strip()


@cache
def environment() -> Environment:
    return Environment()
