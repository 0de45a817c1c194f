"""Xinshi 心时: a hospital's time bank. ARCHITECTURE.md is the map of this package."""

__version__ = "0.1.0"
