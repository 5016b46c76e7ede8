"""Faults: that a client sees exactly the one that was asked for, and nothing of it afterwards."""
