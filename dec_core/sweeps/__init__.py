"""What a sweep is and how it is stored: plan, space, studies. No TensorFlow."""
