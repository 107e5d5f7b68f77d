"""The video companion of a session: encodes moving parts of its screen.

A separate program, ``python -m jupyter_desktop.video``, that the session starts for the first
viewer of the stream "video". It needs PyAV (the extra "video"), and imports nothing from Jupyter.
"""
