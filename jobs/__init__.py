"""Flink jobs as declarations over the files of `sql/`, and what builds and runs them."""
