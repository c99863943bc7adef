"""What tests share: machines and sites that are played, the command line, and what they look at."""
