"""Faults: named ways in which a provider hurts its callers. Each is a file of data over a few effects."""
