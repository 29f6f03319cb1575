INSERT OR REPLACE INTO mutes (what, value, until_ms) VALUES (:what, :value, :until_ms)
