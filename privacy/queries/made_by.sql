-- What the person made, as far as one table tells.
SELECT DISTINCT ${MADE}
FROM ${TABLE}
WHERE ${OWNER} = {userid:String}
