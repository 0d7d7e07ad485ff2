"""Documents turn files into IOCs with their places; child processes read them in a sandbox.

    kinds         the kind of a file, by its content
    readers/      one file for each format: bytes -> parts of text, and the files inside
    occurrences   parts of text -> the IOCs in them, with their places
    limits        what one document may cost
    sandbox/      the processes in which all of this runs; `sandbox.pool` is the way in

`pool.read_documents` reads a few documents. `pool.Readers` keeps its processes for the next ones,
and can be cancelled.
"""
