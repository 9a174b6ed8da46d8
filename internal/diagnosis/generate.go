package diagnosis

//go:generate go test -run TestErrorsPage . -update
