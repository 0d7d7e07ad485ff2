"""The passwords that the readers of archives try, and what they say of encryption."""

from __future__ import annotations

PASSWORDS = (b"infected",)
"""The password under which malware samples are usually exchanged."""
ENCRYPTED = "It is encrypted, and the password `infected` does not open it."
