package cli_test

import (
	"strings"
	"testing"
)

// While a view is shown, the number of what it offers answers it; other numbers are texts, and so is
// every number once it was answered.
func TestRowG5NumberAnswersAView(t *testing.T) {
	t.Parallel()
	server := serve(t, "--flows", "../../examples/flows", "--contact-flow-id", "menu.json")
	customer := run(t, "chat", "--name", "Pat", "--server", server)
	customer.stdout.await(t, "7. Nothing, thank you")
	customer.types(t, "8")
	customer.stdout.await(t, "Pat (customer): 8")
	customer.types(t, "1")
	customer.stdout.await(t, "[view cards] Your orders")
	customer.types(t, "/view lamp")
	customer.stdout.await(t, "[view detail] Order: lamp")
	customer.types(t, "3")
	customer.stdout.await(t, "Pat (customer): [ViewResource] Back")
	customer.types(t, "/view NoMatchFound")
	customer.stdout.await(t, "Pat (customer): [ViewResource] NoMatchFound")
	customer.types(t, "2")
	customer.stdout.await(t, "Pat (customer): 2")
	customer.types(t, "/quit")
	text := customer.ok(t)
	if n := strings.Count(text, "[view cards] Your orders"); n != 2 {
		t.Errorf("the orders are shown %d times in\n%s", n, text)
	}
}
