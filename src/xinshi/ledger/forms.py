"""What visitors give to be checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.ledger.proof.receipts import RECEIPT_BYTES_MAX


class ReceiptForm(forms.Form):
    """A receipt as a file or as pasted text; a file goes first."""

    file = forms.FileField(label=_("The receipt as a file"), required=False)
    text = forms.CharField(
        label=_("Or its text, pasted here"),
        required=False,
        max_length=RECEIPT_BYTES_MAX,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file and file.size > RECEIPT_BYTES_MAX:
            self.add_error("file", _("This file is too large for a receipt."))
        elif not file and not cleaned.get("text") and not self.errors:
            self.add_error("file", _("Choose the file of the receipt, or paste its text."))
        return cleaned

    def given(self) -> bytes:
        """The bytes to check; only of a valid form."""
        file = self.cleaned_data.get("file")
        content: bytes = (
            file.read(RECEIPT_BYTES_MAX + 1) if file else self.cleaned_data["text"].encode(errors="replace")
        )
        return content
