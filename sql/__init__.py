"""SQL of the jobs by stage, templates of accounts, and ClickHouse's schema and queries. A package, so that it is installed."""
