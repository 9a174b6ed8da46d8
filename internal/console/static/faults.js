// The page faults.
