-- Responses that name the person: what they hold, and what they were asked by, tells more of the person's ids and names.
SELECT upstream, endpoint, request_param, payload
FROM raw_api_responses
WHERE multiSearchAnyCaseInsensitive(payload, {names:Array(String)})
