"""The training side: simulated worlds around laboratories, their preparation, their running, and the bench window.

Stands on the product and on `simulators`; nothing of the product knows of it.
"""
