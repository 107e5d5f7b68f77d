"""Placements: where a session runs, and how its display server is reached."""

from .base import Placement
from .local import Local
from .slurm.placement import SlurmPlacement

__all__ = ["LOCAL", "NAMES", "SLURM", "Local", "Placement", "SlurmPlacement"]

LOCAL, SLURM = NAMES = ("local", "slurm")
