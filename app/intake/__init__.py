"""Documents that come in: where they lie, who reads them, and what is kept of them."""
