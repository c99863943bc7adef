"""What each command does, a file for each, and what commands share: which pages, and how progress is shown."""
