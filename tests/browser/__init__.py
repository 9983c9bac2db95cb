"""A package for pytest: what its conftest starts ends with the last test of this folder, before others drive a browser of their own."""
