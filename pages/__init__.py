"""The app's script and a folder a screen."""
