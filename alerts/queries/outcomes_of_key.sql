SELECT target, outcome FROM outcomes WHERE key = :key
