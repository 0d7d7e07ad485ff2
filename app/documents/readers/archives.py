"""The passwords that are tried on every archive."""

from __future__ import annotations

PASSWORDS = (b"infected",)
"""The password under which malware samples are usually exchanged."""
ENCRYPTED = "It is encrypted, and the password `infected` does not open it."
