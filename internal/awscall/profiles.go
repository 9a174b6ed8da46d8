package awscall

import (
	"bufio"
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
)

// knownProfiles says which profiles the shared files have, for whoever has named another one.
func knownProfiles() string {
	const most = 20
	settings := cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename())
	secrets := cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename())
	names := append(profilesIn(settings, "profile"), profilesIn(secrets, "")...)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return "there are no profiles in " + settings + ", which `aws configure --profile NAME` or `aws configure sso` makes"
	}
	more := ""
	if len(names) > most {
		more = " and " + strconv.Itoa(len(names)-most) + " more, which `aws configure list-profiles` shows"
		names = names[:most]
	}
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	return "there are the profiles " + strings.Join(names, ", ") + more
}

// profilesIn returns the profiles that are sections of a file; none if it cannot be read. With a kind, as in
// the configuration file, sections of other kinds (sso-session, services) are left out, and only the
// profile "default" has no kind.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
func profilesIn(file, kind string) (names []string) {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // was only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		section, isSection := strings.CutPrefix(lines.Text(), "[")
		section, _, closed := strings.Cut(section, "]")
		if !isSection || !closed {
			continue
		}
		words := strings.Fields(section)
		switch {
		case len(words) == 1 && (kind == "" || words[0] == "default"):
			names = append(names, words[0])
		case len(words) > 1 && kind != "" && words[0] == kind:
			names = append(names, strings.Trim(strings.Join(words[1:], " "), "\"'"))
		}
	}
	return names
}
