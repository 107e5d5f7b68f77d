"""The session's child processes: started, followed, and ended with all that they start."""
