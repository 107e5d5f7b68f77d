"""Files and mounts that a desktop's programs leave behind, and their removal."""
