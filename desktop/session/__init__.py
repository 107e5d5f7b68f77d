"""One desktop from start to end, as a process of its own.

It knows nothing of Jupyter or WebSockets, so the same program runs under Jupyter, in a batch job
and in a container. Whoever starts it holds its lifeline: when its standard input closes, it ends
everything it started.
"""
