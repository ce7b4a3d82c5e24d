"""What documents print: records of the site as the values that templates see."""
