"""One desktop in a Slurm job: the process that submits the job and follows it to its end.

It is between the Jupyter server and the session, and uses the session's protocol on both sides
(see ``session.control``), so neither of them needs to know about Slurm.
"""
