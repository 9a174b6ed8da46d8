// The page desk.
