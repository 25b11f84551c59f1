"""``lgt generate``: make an ensemble."""

from __future__ import annotations


def generate() -> None:
    """Make an ensemble of gauge configurations."""
    raise NotImplementedError
