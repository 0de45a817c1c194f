"""Every address of the site, read from the URL configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {"int": "1", "str": "ABCD2345", "slug": "abcd", "uuid": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "path": "x"}
"""What stands in for an argument of each converter."""


@dataclass(frozen=True)
class Address:
    path: str
    name: str
    view: Callable[..., Any]

    def __str__(self) -> str:
        return self.path


def addresses() -> list[Address]:
    return list(_walk(get_resolver(), "/", ""))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        path = prefix + _filled(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern, path, inner)
        elif isinstance(pattern, URLPattern):
            yield Address(path, f"{namespace}{pattern.name}", pattern.callback)


def _filled(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        text = text.replace(f"<{kind}:{name}>", SAMPLES[kind]).replace(f"<{name}>", SAMPLES["str"])
    return text
