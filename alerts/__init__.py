"""Alert delivery: reads the alert topics and posts to Slack, Microsoft Teams or any webhook."""
