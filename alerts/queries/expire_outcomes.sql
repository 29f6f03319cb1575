DELETE FROM outcomes WHERE at_ms < :before_ms
