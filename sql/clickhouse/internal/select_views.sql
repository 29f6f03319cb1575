-- The views that are there, those of the masked database as `shared/<name>`.
SELECT if(database = {database:String}, name, concat('shared/', name)) AS view
FROM system.tables
WHERE database IN ({database:String}, concat({database:String}, '_shared')) AND engine LIKE '%View'
ORDER BY view
