"""What the app can do: verbs, the order of their steps and their transactions."""
