"""True values of people over time: healthy baseline, illness, treatment, pregnancy; pure functions of person and time."""

from simulators.physiology.state import Physiology, TrueState

__all__ = ["Physiology", "TrueState"]
