"""A page's throwaway Docker engine: `interface` says what it does, `live` does it, `fake` plays it in memory."""
