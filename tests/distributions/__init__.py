"""Debian's releases from `git clone` to a desktop, each as a system in a folder."""
