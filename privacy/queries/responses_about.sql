-- Responses that name the person: what they hold tells more of their ids and names.
SELECT payload
FROM raw_api_responses
WHERE multiSearchAnyCaseInsensitive(payload, {names:Array(String)})
