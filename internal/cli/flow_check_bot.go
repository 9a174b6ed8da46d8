package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/lexfile"
)

// checkBot says of a bot what `parley bot check` says, with what an entry of bots that has its path
// settles.
func checkBot(env *Env, name string) (flowcheck.File, error) {
	file := flowcheck.File{Name: filepath.ToSlash(name)}
	s, err := flowSettings(env)
	if err != nil {
		return file, err
	}
	bot, findings, err := lexfile.Open(name)
	if err != nil {
		file.Findings = []flow.Finding{{Level: flow.Broken, Rule: "bot-file", Text: err.Error(), Remedy: hint.Of(err)}}
		return file, nil
	}
	findings = append(findings, wanted(bot)...)
	for i := range s.Bots {
		var entry lexbot.Bot
		if err := s.Bots[i].Decode(&entry); err != nil {
			return file, hint.New(err, "docs/bots.md shows each member")
		}
		if entry.Path != "" && same(lexbot.Path(entry.Path, filepath.Dir(s.Config)), name) {
			findings = slices.DeleteFunc(findings, entry.Settles)
		}
	}
	for _, found := range findings {
		file.Findings = append(file.Findings, flowcheck.Bot(within(found, filepath.Base(name))))
	}
	return file, nil
}

// within is a finding without the name of the bot's only file before the place in it.
func within(f lex.Finding, file string) lex.Finding {
	if f.File == file {
		f.File = ""
	} else if place, is := strings.CutPrefix(f.File, file+": "); is {
		f.File = place
	}
	return f
}

// same reports whether two names lead to one file.
func same(a, b string) bool {
	x, err := os.Stat(a)
	y, missing := os.Stat(b)
	return err == nil && missing == nil && os.SameFile(x, y)
}
