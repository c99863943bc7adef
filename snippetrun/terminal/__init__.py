"""What a terminal shows: marks, keys, colours and the screen. Pure: bytes in, text out."""
