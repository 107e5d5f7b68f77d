"""One desktop in a Slurm job: the process that asks for the job and follows it to its end.

It stands between the Jupyter server and the session, and speaks to both as they speak to each
other (see ``session.control``), so neither knows of Slurm.
"""
