"""What `make bench` runs: the extractor measured, beside others where they can be had."""
