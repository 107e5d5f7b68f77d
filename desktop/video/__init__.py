"""The video companion of a session: shows moving parts of its screen as video.

A separate program, ``python -m jupyter_desktop.video``, that the session starts for the first
viewer of the stream "video". It needs PyAV (the extra "video"), and imports nothing from Jupyter.
"""
