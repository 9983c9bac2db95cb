"""The controls of an explorer: a widget for every declared field, and the question that unlocks them."""
