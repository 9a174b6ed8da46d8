// The page inspector.
