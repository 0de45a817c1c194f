"""`{% same %}`: parts of a page that are the same for many readers are drawn once and kept by the process."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Mapping
from typing import Any, Final

from django.db.models import Model
from django.template import Context, Library, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.urls import get_script_prefix
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = Library()
KEPT_MAX: Final = 1_024
"""Of each part; a part that differs more often is not the same for many."""
CSRF: Final = f"token-of-this-page-{secrets.token_hex(16)}"
"""Stands in a kept part where the token of each page's own goes."""


class SameNode(Node):
    """Draws its content with nothing but the values it names, so that nothing of one reader gets into another's page."""

    child_nodelists = ()  # No block in it is anybody's to fill; Django looks for them whenever a page extends another.

    def __init__(self, nodelist: NodeList, values: Mapping[str, FilterExpression]) -> None:
        self.nodelist, self.values = nodelist, values
        self._kept: dict[tuple[Hashable, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = {name: expression.resolve(context) for name, expression in self.values.items()}
        assert not any(isinstance(value, Model) for value in values.values()), "a row is equal to itself of yesterday"
        token = context.get("csrf_token")
        key = (get_language(), get_script_prefix(), token is None, *values.values())
        text = self._kept.get(key)
        if text is None:
            text = self._drawn(context, values, has_token=token is not None)
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            self._kept[key] = text
        return mark_safe(text.replace(CSRF, str(token))) if CSRF in text else text  # noqa: S308  # nosec B308 B703  # drawn by templates

    def _drawn(self, context: Context, values: Mapping[str, Any], *, has_token: bool) -> SafeString:
        alone = Context({**values, "csrf_token": CSRF} if has_token else values, autoescape=context.autoescape)
        alone.template = context.template
        return self.nodelist.render(alone)


@register.tag
def same(parser: Parser, token: Token) -> SameNode:
    """`{% same name=value … %}…{% endsame %}`: the content sees the named values alone, each of which can be hashed.

    The language goes without saying, and forms have the page's own token. Anything of one person's does not belong here:
    it would be kept for nobody else.
    """
    name, *bits = token.split_contents()
    values = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"{name} takes name=value only, not {bits[0]}")
    nodelist = parser.parse(("endsame",))
    parser.delete_first_token()
    return SameNode(nodelist, values)
