-- The database that CLICKHOUSE_URL names is there from the first start on.
CREATE DATABASE IF NOT EXISTS tokpulse
