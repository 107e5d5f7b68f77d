"""Deadlines of the end of a desktop: each wait, in seconds, and their sum.

docs/security.md promises that nothing of a desktop is there ``PROMISED`` seconds after it or its
Jupyter server has ended. What the kernel does not end at SIGKILL, such as a process that waits for
a file system which has gone, keeps no promise: there the bounds only say when it is given up.
"""

from __future__ import annotations

PROMISED = 5.0

# -- A worker ends its desktop in order (``ending``).

STOP_TIMEOUT = 2.0  # for programs to save and end: the default of ``DesktopApp.stop_timeout``
X_ANSWERS = 0.5  # of that, for the X server to say which of the processes are its clients
LEAST = 0.25  # for what serves the programs, and then for the rest, where programs took all of it
DYING = 0.2  # from SIGKILL to the end of a process
KILLING_ROUNDS = 10  # of ``DYING``: what forks while it is being killed gets away, more than once

SLACK = 2.0  # beyond ``STOP_TIMEOUT``, for all of a worker's end; then its keeper kills it
assert 2 * LEAST + DYING <= SLACK

# -- A keeper cleans up after its worker (``keeper``); where that has ended in order it has nothing
# to do.

ASKING = 0.3  # for what removes its sockets and mounts when it is asked to end
KILLING = 2.5  # until what is left, that time included, is given up
CLEAN_UP = 5.0  # from a worker's end to its keeper's: that, and to remove folders and mounts
assert ASKING + DYING < KILLING < CLEAN_UP

# The longest way: the server is killed, and a worker that hangs is not told of it. Its keeper is,
# kills it after its time, and then what it has left.
LONGEST_END = STOP_TIMEOUT + SLACK + ASKING + DYING
assert LONGEST_END <= PROMISED

# -- A Jupyter server that has told a session to stop waits, and looks to it if it does not end.

LATE = 1.0  # beyond a worker's time: then the keeper is asked to end it, and has that time again

# -- A job of Slurm (``placements.slurm``): the worker beside Jupyter waits for the session in it.

KEEPER = 1.0  # beyond a worker's time, for its keeper on the node to be gone as well
GOODBYE = 1.5  # for Slurm to answer how the job ended, and again to cancel it
SCANCEL = 2.0  # for the keeper beside Jupyter to cancel a job that was not

JOB_SLACK = 6.0  # what ``SLACK`` is, for a desktop in a job
assert SLACK + KEEPER + 2 * GOODBYE <= JOB_SLACK
assert KILLING + SCANCEL < CLEAN_UP
