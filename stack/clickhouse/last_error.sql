-- The errors so far, by kind: name, how often, and the last one as the engine words it; those that came last are first.
SELECT name, value, concat('Code: ', toString(code), '. DB::Exception: ', last_error_message, '. (', name, ')')
FROM system.errors
ORDER BY last_error_time DESC, value DESC
