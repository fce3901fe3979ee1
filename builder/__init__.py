"""A repo becomes an image: checkout, detect, build plan, render, image."""
