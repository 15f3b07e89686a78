"""The mark of texts that are kept before they are said."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  # the name by which texts are found for translation
    """Mark a text for translation where it is only kept."""
    return text
