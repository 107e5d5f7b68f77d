"""The desktops of this Jupyter server: planned, started, followed, ended."""
