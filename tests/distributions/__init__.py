"""Debian's releases from `git clone` to pixels: each a whole system in a folder of its own."""
