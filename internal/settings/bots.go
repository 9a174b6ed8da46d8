package settings

// bots is the table of the Lex bots that contact flows name.
func bots() namedTable {
	offline := []string{"path"}
	return namedTable{
		name: "bots", entry: "BOT: WHERE", field: func(s *Settings) *[]Entry { return &s.Bots },
		help: "where the Lex bots of contact flows (ARNs of aliases, ids or names; `*` stands for anything) are: the zip, folder or file of a bot that runs here, " +
			"an address with the runtime API of Lex V2, `aws` for the real one, or a mapping of these members (docs/bots.md)",
		members: []member{
			{name: "path", value: "FILE|FOLDER", help: "run this bot here: an export, answers of the AWS CLI, a template, or a short YAML"},
			{name: "url", value: "URL", kind: address, help: "call RecognizeText at this address"},
			{name: "aws", value: "ARN", help: "call the bot of this alias in AWS, or with true the one that the flow names"},
			{name: "locale", value: "LOCALE", help: "this language, such as en_US, whatever the contact's is"},
			{name: "function", value: "FUNCTION", help: "the function of the bot's code hooks, as functions knows it"},
			{name: "strict", value: "true|false", check: oneOf("true", "false"), help: "understand only what the bot lists: no guesses"},
			{name: "pinned", value: "TEXTS", kind: document, help: "what texts mean: a mapping of texts to an intent and slots"},
			{name: "answers", value: "INTENTS", kind: services, help: "what a service behind an intent answers: a mapping of intents to lists of when, say, messages, attributes, tool and end, or to the address of an AI agent"},
		},
		plain: awsOrURL("path"),
		together: choice{what: "where the bot is", where: []string{"path", "url", "aws"}, only: map[string][]string{
			"function": offline, "strict": offline, "pinned": offline, "answers": offline,
		}},
	}
}

// agenticCX is the table of the applications of Agentic CX Designer that contact flows name.
func agenticCX() namedTable {
	return namedTable{
		name: "agentic-cx", entry: "APPLICATION: WHERE", field: func(s *Settings) *[]Entry { return &s.AgenticCX },
		help: "what answers for the applications of Agentic CX Designer that contact flows name (WORKSPACE/ID, ids or names; `*` stands for anything): " +
			"the address of an AI agent, or a mapping of these members (docs/bots.md)",
		members: []member{
			{name: "url", value: "URL", kind: address, help: "post each text to this address"},
			{name: "answers", value: "LIST", kind: document, help: "the first answer whose when stands in the text: a list of when, say, messages, attributes, tool and end"},
			{name: "greeting", value: "TEXT", help: "what is said when the conversation begins"},
			{name: "idle", value: "TIME", help: "after how long without a text the block takes the branch InputTimeLimitExceeded, such as 5m"},
		},
		plain:    func(string) string { return "url" },
		together: choice{what: "what answers", where: []string{"url", "answers"}, only: map[string][]string{"greeting": {"answers"}}},
	}
}
