"""What all archives have in common: the passwords that are tried."""

from __future__ import annotations

PASSWORDS = (b"infected",)
"""As those who pass malware on agree."""
ENCRYPTED = "It is encrypted, and the password `infected` does not open it."
