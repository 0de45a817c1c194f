"""Every setting that an operator may give, read from `XINSHI_…` variables; all mistakes are reported at once."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32


class Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="XINSHI_", extra="ignore")

    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of the SQLite file, uploads, and the keys made at first start.",
    )
    database_url: str = Field(
        default="",
        description="postgresql://user:password@host:port/name; empty means SQLite in the data folder.",
    )
    database_pool_max: int = Field(default=16, ge=1, le=500, description="PostgreSQL connections per process.")
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="How people reach the site: links in QR codes start with it.",
    )
    allowed_hosts: list[str] = Field(default=["127.0.0.1", "localhost"], description="Host names, a JSON list.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    web_processes: int = Field(default=2, ge=1, le=64, description="Web processes on PostgreSQL; SQLite has one.")
    web_threads: int = Field(default=8, ge=1, le=256, description="Threads per web process.")
    worker_inside: bool = Field(
        default=False, description="Run the worker in the web process; `serve` sets it on SQLite."
    )
    trusted_proxies: int = Field(default=0, ge=0, le=9, description="Reverse proxies in front of the server.")
    hospital_name_zh: str = Field(default="示范市中心医院", description="The hospital's Chinese name.")
    hospital_name_en: str = Field(default="Demo Central Hospital", description="The hospital's English name.")
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

    @field_validator("vault_key", "index_key")
    @classmethod
    def hex_key(cls, value: str) -> str:
        if value and len(bytes.fromhex(value)) != KEY_BYTES:
            raise ValueError("must be 64 hex digits")
        return value

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
