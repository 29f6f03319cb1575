-- Fills a table sent along with a query.
INSERT INTO @name
