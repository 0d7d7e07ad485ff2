"""What an operator is given: the image, the composition, the unit and their documents."""
