"""The checks of the exercises, a file for each chapter. Whoever reads on finds out less than by trying."""
