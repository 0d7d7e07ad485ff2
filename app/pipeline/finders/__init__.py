"""One finder per shape: each runs from anchor to anchor and judges each different token once."""
