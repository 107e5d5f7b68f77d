"""One desktop from start to end, as a process of its own.

It knows nothing of Jupyter or WebSockets, so the same program runs under Jupyter, in a batch job
and in a container. Its standard input is its lifeline, held by the process that started it: when
that closes, the session ends everything that it started.
"""
