"""Finders: each looks for one shape of IOC in a refanged text.

A finder searches for a literal anchor that every IOC of its shape holds (`://`, `@`, a dot), looks
for the run of characters around it, and judges each different run once. `extractor` lists them.
"""

# Anchors, because the regular expression engine tries a pattern at every character, while `find`
# and `translate` run over bytes in C. Measured on the same text: 19 MB/s with anchors, 0.38 MB/s
# for the package `ioc-finder`, and no input makes it more than linear.
