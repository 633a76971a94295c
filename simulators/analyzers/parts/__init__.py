"""What every analyzer has: runs, racks, reagents, calibrations, maintenance, a screen."""
