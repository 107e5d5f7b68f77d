"""WebSocket ⇄ byte stream, as a process of its own; one per Jupyter server.

The doorman passes it two open sockets at a time, a browser's and a display server's, and it
carries bytes between them. It listens nowhere, knows no passwords, and ends with its server.
"""
