SELECT what, value, until_ms FROM mutes ORDER BY until_ms DESC, what, value
