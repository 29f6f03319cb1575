"""Python functions of SQL files: PyFlink wrappers around the pure functions beside them."""
