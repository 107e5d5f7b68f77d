"""``jupyter desktop doctor``: what is installed or missing, and whether a desktop would start."""
