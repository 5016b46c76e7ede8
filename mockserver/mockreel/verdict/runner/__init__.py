"""Runs a client against scenarios, one mock and one start of its command for each, and keeps what shows how it did."""
