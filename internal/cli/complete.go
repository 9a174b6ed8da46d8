package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// contactPlaceholder stands for the id of a chat.
const contactPlaceholder = "CONTACT"

// completeValue lets shells complete the value of a flag by its placeholder ("echo|FILE",
// "embedded|aws|replay:FILE"): words are completed as they stand, FILE and DIR to paths, also
// behind a word with a colon. What has a placeholder that says neither completes to nothing,
// instead of to the files that shells offer unasked.
func completeValue(c *cobra.Command, flag, placeholder string) {
	if placeholder == "FILE" || placeholder == "DIR" || placeholder == contactPlaceholder {
		return // the shell's own way, which knows ~ and variables; and withServer's, which asks the server
	}
	forms := strings.Split(placeholder, "|")
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var list []cobra.Completion
		directive := cobra.ShellCompDirectiveNoFileComp
		for _, form := range forms {
			word, value := splitForm(form)
			switch {
			case value == "FILE" && strings.HasPrefix(typed, word):
				for _, path := range pathsFrom(typed[len(word):]) {
					list = append(list, word+path)
				}
			case word != "":
				list = append(list, word)
			}
		}
		list = withPrefix(list, typed)
		for _, choice := range list { // what goes on behind it gets no space
			if strings.HasSuffix(choice, ":") || strings.HasSuffix(choice, "/") {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
		}
		return list, directive
	})
}

// splitForm returns the fixed beginning of one form of a value, and the name of what follows.
func splitForm(form string) (word, value string) {
	switch before, after, found := strings.Cut(form, ":"); {
	case form == strings.ToUpper(form):
		return "", form
	case found:
		return before + ":", after
	}
	return form, ""
}

func withPrefix(list []cobra.Completion, typed string) []cobra.Completion {
	var matching []cobra.Completion
	for _, choice := range list {
		if strings.HasPrefix(choice, typed) {
			matching = append(matching, choice)
		}
	}
	return matching
}

// pathsFrom returns the paths that begin with what was typed, those of folders with a slash.
// Names with a dot in front have to be asked for, as in shells; those that cannot be told to a
// shell, a completion a line, are left out.
func pathsFrom(typed string) []string {
	folder, name := filepath.Split(typed)
	entries, err := os.ReadDir(cmp.Or(folder, "."))
	if err != nil {
		return nil // no such folder, so nothing in it
	}
	var paths []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), name) || strings.ContainsAny(entry.Name(), "\t\n\r") ||
			name == "" && strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := folder + entry.Name()
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path += "/"
		}
		paths = append(paths, path)
	}
	return paths
}
