"""The shell: sockets, files and the control API around the engine."""
