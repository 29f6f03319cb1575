"""What is due when, and how a request is made, repeated or put off."""
