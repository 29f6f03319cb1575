-- Requests that name a creator otherwise than by number.
SELECT DISTINCT request_param
FROM raw_api_responses
WHERE multiSearchAnyCaseInsensitive(request_param, ['secUid=', 'sec_uid=', 'username=', 'uniqueId=', 'unique_id='])
