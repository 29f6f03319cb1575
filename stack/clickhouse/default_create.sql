-- ... or make it, the first time.
CREATE DATABASE IF NOT EXISTS default ENGINE = Atomic
