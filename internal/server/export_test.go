package server

// Explain is explain, for tests of failures that the system cannot be made to report.
var Explain = explain
