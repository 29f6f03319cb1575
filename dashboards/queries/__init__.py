"""One SELECT per file, with bound parameters only; see docs/dashboards.md. A package, so that it is installed."""
