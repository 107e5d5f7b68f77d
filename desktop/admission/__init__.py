"""Admission of viewers: tickets, share links, and the hand-off of sockets to the bridge."""
