"""Files in, IOCs with their places out, read by child processes that hostile files cannot leave.

`pool.read_documents` reads a few documents; `pool.Readers` keeps its children for the next ones,
and can be cancelled.
"""
