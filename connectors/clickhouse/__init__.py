"""ClickHouse: clients, read queries, the schema check before a job, the sink of jobs."""
