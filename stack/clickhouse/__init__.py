"""ClickHouse's HTTP protocol in front of the embedded engine (chdb).

One process owns one data directory. Start it with
`python -m stack.clickhouse --port 8123 --path DIR --users-file FILE`.
"""
