"""The desktops of this Jupyter server: plans, sessions, viewers."""
