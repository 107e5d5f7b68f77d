"""The operating system: folders, locks, processes, pipes, packages, credentials; and messages."""
