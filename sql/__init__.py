"""SQL, and only SQL: numbered folders in the order data takes, and ClickHouse's schema and queries. A package, so that it is installed."""
