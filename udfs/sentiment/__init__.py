"""Sentiment of comments by VADER's rules, with an extension of its lexicon that people edit."""
