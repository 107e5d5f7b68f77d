"""One desktop from start to end, in a separate process.

The session does not depend on Jupyter or WebSockets, so the same program runs under Jupyter, in a
batch job and in a container. Its standard input is its lifeline, held open by the process that
started it: when the lifeline closes, the session ends everything that it started.
"""
