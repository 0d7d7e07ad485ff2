"""Files in, IOCs with their places out, read by child processes that hostile files cannot leave.

`pool.read_documents` is for whoever has some documents to read; `pool.Readers` is for whoever
wants to keep the children for the next ones, or to cancel.
"""
