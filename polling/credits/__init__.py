"""What requests cost, what is left, and who may spend it."""
