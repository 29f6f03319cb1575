"""The local dashboard: the pages of `dashboards/pages` as a web page on loopback."""
