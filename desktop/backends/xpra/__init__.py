"""Xpra."""
