-- The error that came last, as the engine words it.
SELECT concat('Code: ', toString(code), '. DB::Exception: ', last_error_message, '. (', name, ')')
FROM system.errors
ORDER BY last_error_time DESC, value DESC
LIMIT 1
