-- Stop the statement that the front tagged with this comment; its client has gone.
KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC
