"""Requests are made here: good ones, ones at the edges of the rules, and ones that break one rule each."""
