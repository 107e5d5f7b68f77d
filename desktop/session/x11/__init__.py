"""The session's X display: number, cookie, size, windows, selections, keys."""
