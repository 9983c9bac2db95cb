"""A state as plain torch: the library's own source with the fields filled in."""
