-- The value of a column that is kept as (moment, value).
tupleElement(${COLUMN}, 'value')
