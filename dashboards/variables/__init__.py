"""What a reader may choose from in Grafana: one SELECT per subject of `dashboards.model`. A package, so that it is installed."""
