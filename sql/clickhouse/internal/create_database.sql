-- The database of all tables; the name comes from the DSN.
CREATE DATABASE IF NOT EXISTS {database:Identifier}
