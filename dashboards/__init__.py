"""Dashboards: one definition of each page and query, drawn by the local page (`web`) and by Grafana alike."""
