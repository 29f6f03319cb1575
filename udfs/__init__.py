"""User-defined functions: plain Python over plain values, tested without Flink."""
