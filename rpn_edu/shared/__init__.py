"""What several terms use: checks of what is given, dtypes and devices, reductions, activations, grids, quiet corners for random numbers."""
