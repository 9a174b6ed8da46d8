package testcase_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/testcase"
)

// Rewordings pass and other sentences do not. Which score a pair has is not what matters.
func TestRowF6Similarity(t *testing.T) {
	t.Parallel()
	pairs := []struct {
		expected, observed string
		met                bool
	}{
		// The same in other words, letters or signs.
		{"Welcome to Example Bank. How can I help you today?", "Welcome to Example Bank! How can I help you today?", true},
		{"Hello, how can I help you?", "Hello! How can we help you today?", true},
		{"Thank you for contacting us", "Thanks for contacting us", true},
		{"Press 1 for sales, press 2 for support", "press one for sales press two for support", true},
		{"You're next in line", "You\u2019re next in line", true},
		{"Please wait for the next available agent", "Please hold for the next available agent.", true},
		{"Your balance is 20 dollars", "Your balance is twenty dollars", true},
		{"<speak>Please enter your account number</speak>", "Please enter your account number.", true},
		{"Caf\u00e9 opening hours", "Cafe\u0301 opening hours", true},
		{"We are open on weekdays", "Good morning! We are open on weekdays, from nine to five.", true},
		// Other sentences.
		{"Hello, how can I help you?", "Our offices are closed now.", false},
		{"You are now in the queue for sales", "Goodbye, and thank you for calling", false},
		{"Please enter your account number", "An agent will be with you shortly", false},
		{"Welcome to Example Bank", "Goodbye", false},
		{"We are open", "We are not open", false},
		{"Your card has been blocked", "What is the reason for your call?", false},
		{"Did that help?", "Sorry, something went wrong. Please try again later.", false},
		{"Press 1 for sales", "Your order was shipped yesterday", false},
		{"What is your name?", "How old is your dog?", false},
		{"One moment please", "Two apples cost three dollars", false},

		{"Hi Ada, welcome back!", "Hi Ada, welcome back to Parley!", true},
		{"I could not find your order.", "Sorry, I could not find your order", true},
		{"Do you want to speak to an agent?", "Would you like to speak to an agent?", true},
		{"All our agents are busy at the moment", "All of our agents are currently busy at the moment", true},
		{"Your appointment is confirmed", "Your appointment has been confirmed", true},
		{"YOUR REQUEST WAS SENT", "Your request was sent.", true},
		{"Please rate us from 1 to 5", "Please rate us, from one to five:", true},
		{"\u201cDone\u201d \u2013 anything else?", "\"Done\" - anything else?", true},
		{"It won't take long", "It won\u2019t take long", true},
		{"Guten Tag, wie kann ich helfen?", "Guten Tag! Wie kann ich Ihnen helfen?", true},
		{"I can do that for you", "I can't do that for you", false},
		{"Your payment was received", "Your payment was never received", false},
		{"Which city are you in?", "Which of these products do you own?", false},
		{"Thanks, goodbye", "Hello and welcome", false},
		{"Die Filiale ist offen", "Die Filiale ist nicht offen", false},
		{"Your order is on its way", "Your order", false},
		{"yes", "no", false},
		{"Hello", "", false},
		{"?", "!", false},
		{"Transferring you to billing", "The weather is nice in Berlin", false},
	}
	refused := 0
	for _, p := range pairs {
		out := testcase.Compare(testcase.Similarity, p.expected, p.observed)
		if out.Met != p.met {
			t.Errorf("%q, %q: %v at %.2f", p.expected, p.observed, out.Met, out.Score)
		}
		if back := testcase.Compare(testcase.Similarity, p.observed, p.expected); back.Score != out.Score {
			t.Errorf("%q, %q: %.2f, and %.2f the other way round", p.expected, p.observed, out.Score, back.Score)
		}
		if !p.met {
			refused++
		}
	}
	if len(pairs) != 40 || refused != 20 {
		t.Errorf("%d pairs, %d of them refused", len(pairs), refused)
	}
}

func TestInclusion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expected, observed string
		met                bool
		hint               string
	}{
		{"Welcome, Ada", "  Welcome,\n Ada! How are you?", true, ""},
		{"welcome, Ada", "Welcome, Ada!", false, "differs only in letter case"},
		{"Ada\u2019s", "Ada's order", true, ""},
		{"Ada", "Bob", false, ""},
	} {
		if out := testcase.Compare(testcase.Inclusion, c.expected, c.observed); out.Met != c.met || out.Hint != c.hint {
			t.Errorf("%q in %q: %+v", c.expected, c.observed, out)
		}
	}
	if out := testcase.Compare(testcase.Similarity, "Hello, how can I help?", "Hello, can I get some help?"); out.Hint != "borderline" {
		t.Errorf("%+v", out)
	}
}
