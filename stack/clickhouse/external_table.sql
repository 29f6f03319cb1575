-- A table sent along with a query (multipart/form-data); it lives as long as the request's connection.
-- @name is a plain name, @structure the client's column list, which the guard has read before.
CREATE TEMPORARY TABLE @name (@structure) ENGINE = Memory
