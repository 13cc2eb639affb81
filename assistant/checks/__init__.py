"""Rules over a whole knowledge folder, beyond what loading needs: content, style, dates, phrasings."""
