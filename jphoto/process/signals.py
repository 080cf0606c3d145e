"""Signals that ask a program to end."""

import signal

ASKING = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Ctrl-C, `kill`, and a terminal that is closed."""
INTERRUPTED = 128 + signal.SIGINT
"""The shell's status for a program that Ctrl-C ended."""
