"""A chat that answers questions from curated, cited passages and points kindly to help."""
