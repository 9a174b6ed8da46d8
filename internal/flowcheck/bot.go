package flowcheck

import (
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/lex"
)

// Bot is what is said of a bot, in the words of a check of flows. A finding has no file: its place
// within the bot stands before its text.
func Bot(found lex.Finding) flow.Finding {
	f := flow.Finding{Level: flow.Doubtful, Rule: "bot-" + found.Rule, Text: found.Text, Remedy: found.Remedy}
	if found.Level == lex.Broken {
		f.Level = flow.Broken
	}
	if found.File != "" {
		f.Text = found.File + ": " + f.Text
	}
	return f
}

// botRules are the rules by which package lex and whoever reads its bots find something.
func botRules() []Rule {
	const page = "https://github.com/parley-chat/parley/blob/main/docs/bots.md"
	rules := []Rule{
		{ID: "bot-file", Says: "A bot that cannot be read.", Page: page},
		{ID: "bot-pattern", Says: "A slot type's regular expression that cannot be read.", Page: page},
		{ID: "bot-intents", Says: "A language without an intent that understands something.", Page: page},
		{ID: "bot-twice", Says: "Two intents, slots or slot types of one name.", Page: page},
		{ID: "bot-expression", Says: "A condition that cannot be read.", Page: page},
		{ID: "bot-step", Says: "A step that does not exist, or leads to what is not there.", Page: page},
	}
	for i := range rules {
		rules[i].Level = flow.Broken
	}
	return append(rules, []Rule{
		{ID: "bot-grammar", Level: flow.Doubtful, Says: "A slot type with a grammar, which takes any text here.", Page: page},
		{ID: "bot-composite", Level: flow.Doubtful, Says: "A composite slot type, which takes any text here.", Page: page},
		{ID: "bot-empty", Level: flow.Doubtful, Says: "A slot type without values.", Page: page},
		{ID: "bot-utterance", Level: flow.Doubtful, Says: "An utterance of two intents.", Page: page},
		{ID: "bot-threshold", Level: flow.Doubtful, Says: "A confidence threshold that scores here do not reach.", Page: page},
		{ID: "bot-placeholder", Level: flow.Doubtful, Says: "An utterance with a slot that the intent has not.", Page: page},
		{ID: "bot-generative", Level: flow.Doubtful, Says: "An intent that a service answers, and the configuration does not.", Page: page},
		{ID: "bot-slot-type", Level: flow.Doubtful, Says: "A slot whose type takes any text here. An error where the type is not there.", Page: page},
		{ID: "bot-free-form", Level: flow.Doubtful, Says: "A slot type that Amazon Connect does not support in chats.", Page: page},
		{ID: "bot-priority", Level: flow.Doubtful, Says: "A required slot without a priority.", Page: page},
		{ID: "bot-prompt", Level: flow.Doubtful, Says: "A required slot without a prompt.", Page: page},
		{ID: "bot-branches", Level: flow.Doubtful, Says: "More branches than Lex allows.", Page: "https://docs.aws.amazon.com/lexv2/latest/dg/paths-branching.html"},
		{ID: "bot-payload", Level: flow.Doubtful, Says: "A custom payload that is no JSON.", Page: page},
		{ID: "bot-title", Level: flow.Doubtful, Says: "An interactive message offers what the bot does not understand.", Page: page},
		{ID: "bot-card", Level: flow.Doubtful, Says: "A response card, which chats do not show.", Page: page},
		{ID: "bot-length", Level: flow.Doubtful, Says: "A message that is longer than Lex allows.", Page: page},
		{ID: "bot-function", Level: flow.Doubtful, Says: "Code hooks whose function nothing names.", Page: page},
	}...)
}
