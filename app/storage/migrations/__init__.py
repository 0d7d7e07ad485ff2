"""How the tables came to be, step by step; each step stays as it is once it is released."""
