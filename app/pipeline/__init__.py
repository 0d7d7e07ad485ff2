"""The pipeline turns text into IOCs: pure functions without network, disk or Flask.

A finder finds a run of characters that may be an IOC -> the classifier says what it is, or
why it is none -> `words` has the vocabulary that the classifier uses. In the order of the text:

    blocks          cuts a long text into blocks
    refanged_text   undoes defanging (`refang`) and remembers where each character was pasted
    finders/        one file for each shape: urls, emails, ipv6, names (domains, IPv4), tokens
    classifier      judges one candidate; `contexts` judges what stands before it
    normalizer      writes a value in its canonical form
    hits            what the finders report of one block
    collectors      gather the hits of all blocks: IOCs alone, or with `evidence`
    refusals        say why a candidate was refused, for the analyst (`objections`)
"""

from __future__ import annotations

from app.pipeline.extractor import extract, extract_iocs
from app.pipeline.models import IOC, Evidence, Extraction, IOCType, NearMiss

__all__ = ["IOC", "Evidence", "Extraction", "IOCType", "NearMiss", "extract", "extract_iocs"]
