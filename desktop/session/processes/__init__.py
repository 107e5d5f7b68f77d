"""The session's child processes: start, supervision, and end, with all descendants."""
