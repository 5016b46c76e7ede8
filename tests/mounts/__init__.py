"""Every way to mount a mock."""
