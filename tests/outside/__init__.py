"""Real data that nobody of this project made: where it lies, and what it says when read without this product."""
