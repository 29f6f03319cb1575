"""The catalog of the tables in ClickHouse, and the tests that it declares."""
