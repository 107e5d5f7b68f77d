"""``jupyter desktop doctor``: what is there, what is missing, and whether a desktop would start."""
