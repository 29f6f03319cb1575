"""One YAML file per page; see docs/dashboards.md. A package, so that it is installed."""
