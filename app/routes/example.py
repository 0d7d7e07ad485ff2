"""A made-up alert to try Telltale with."""

from __future__ import annotations

EXAMPLE = """\
From: "Billing" <billing@pay-portal[.]example-bad[.]com>
Subject: Your invoice is overdue

The user opened invoice_7741.zip and followed hxxps://login[.]micros0ft-support[.]net/session?id=77.
A loader was fetched from hxxp://evil-updates[.]example-bad[.]com:8080/gate.php?id=7 and wrote
C:\\Users\\anna\\AppData\\Local\\Temp\\update.exe

  SHA-256  5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef
  MD5      0f273b7599dec3559b78f20045743b0a

Beacons every 60 s to 185.220.101[.]45:443 and 45[.]137[.]21[.]9, DNS through 9.9.9.9,
fallback files(.)example(.)net and 2a0b:f4c2::10. Sensor: 10.0.4.17 (fw01.corp.internal).
Version 10.0.19041.1, exploit for CVE-2024-3400, technique T1566.002, hosted in AS64500.
"""
