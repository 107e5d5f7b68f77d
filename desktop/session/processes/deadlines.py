"""Deadlines of the end of a desktop: each wait, in seconds, and their sum.

docs/security.md promises that nothing is left of a desktop ``PROMISED`` seconds after it or its
Jupyter server has ended. The exception is a process that survives SIGKILL, such as one that waits
for an unreachable file system: then the bounds only limit the wait.
"""

from __future__ import annotations

PROMISED = 5.0

# -- A worker ends its desktop (``ending``).

STOP_TIMEOUT = 2.0  # for programs to save and exit: the default of ``DesktopApp.stop_timeout``
X_ANSWERS = 0.5  # part of it, for the X server to list the processes of its clients
LEAST = 0.25  # minimum for services, and then for the rest, if programs took all of the time
DYING = 0.2  # from SIGKILL to the end of a process
KILLING_ROUNDS = 10  # of ``DYING``: processes may fork repeatedly while they are killed

SLACK = 2.0  # beyond ``STOP_TIMEOUT``, for the worker to exit; then the keeper kills it
assert 2 * LEAST + DYING <= SLACK

# -- A keeper cleans up after its worker (``keeper``), if the worker was killed.

ASKING = 0.3  # after SIGTERM, for programs that remove their sockets and mounts
KILLING = 2.5  # in all, then the keeper gives up on processes that are left
CLEAN_UP = 5.0  # from a worker's end to its keeper's, with the removal of folders and mounts
assert ASKING + DYING < KILLING < CLEAN_UP

# The longest case: the server is killed and the worker hangs. The keeper sees the lifeline close,
# kills the worker after its time, and then its descendants.
LONGEST_END = STOP_TIMEOUT + SLACK + ASKING + DYING
assert LONGEST_END <= PROMISED

# -- A Jupyter server waits for a session that it has stopped, and ends it if it is late.

LATE = 1.0  # beyond a worker's time; then the keeper gets SIGTERM, and the worker its time again

# -- A job of Slurm (``placements.slurm``): the worker beside Jupyter waits for the session in it.

KEEPER = 1.0  # beyond a worker's time, for its keeper on the node to exit
GOODBYE = 1.5  # for Slurm to report how the job ended, and again to cancel it
SCANCEL = 2.0  # for the keeper beside Jupyter to cancel a job that is left

JOB_SLACK = 6.0  # the equivalent of ``SLACK`` for a desktop in a job
assert SLACK + KEEPER + 2 * GOODBYE <= JOB_SLACK
assert KILLING + SCANCEL < CLEAN_UP
