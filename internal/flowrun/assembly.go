package flowrun

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
)

// assemblyMark is the file that the AWS CDK writes into each cloud assembly, a folder of its output: cdk.out,
// and one in it for each stage. Beside templates there are a manifest, lists of assets, and what those are.
//
// Source: https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html
const assemblyMark = "cdk.out"

// assembly reports whether a folder is a cloud assembly.
func assembly(files fs.FS, dir string) bool {
	info, err := fs.Stat(files, path.Join(dir, assemblyMark))
	return err == nil && info.Mode().IsRegular()
}

// assembled reports whether a file of a cloud assembly is a template.
func assembled(name string) bool { return strings.HasSuffix(name, ".template.json") }

// asset reports whether a folder of a cloud assembly is what it deploys, such as the code of a function.
func asset(base string) bool {
	return strings.HasPrefix(base, "asset.") || strings.HasPrefix(base, "bundling-temp-")
}

// flowless reports whether all there is to say about a file is that it has no flow.
func flowless(findings []flow.Finding) bool {
	return len(findings) > 0 && !slices.ContainsFunc(findings, func(f flow.Finding) bool { return f.Rule != "no-flow" })
}
