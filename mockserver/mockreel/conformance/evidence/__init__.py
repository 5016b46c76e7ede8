"""What a record shows: what answers and callbacks say, what became of tasks and of money, and findings about it."""
