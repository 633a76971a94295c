"""True values of people over time: health, illness, treatment, pregnancy; functions of person and instant."""

from simulators.physiology.state import Physiology, TrueState

__all__ = ["Physiology", "TrueState"]
