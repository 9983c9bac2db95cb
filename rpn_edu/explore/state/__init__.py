"""What an explorer shows, as values: no widget and no artist."""
