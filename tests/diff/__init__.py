"""Tests of what tells contracts apart."""
