"""The pages as a real browser shows and prints them."""
