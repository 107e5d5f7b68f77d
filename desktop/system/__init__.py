"""The operating system's side: folders, locks, processes, pipes, packages, credentials."""
