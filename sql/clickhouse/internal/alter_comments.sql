-- Comments of one table or view and its columns; an ALTER takes no parameters in these places, so they come as quoted literals.
ALTER TABLE {database:Identifier}.{dataset:Identifier} ${CHANGES}
