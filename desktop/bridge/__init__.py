"""WebSocket ⇄ byte stream, in a separate process; one per Jupyter server.

The doorman passes it pairs of open sockets, a browser's and a display server's, and it carries
bytes between them. It does not listen, is given no passwords, and ends with its server.
"""
