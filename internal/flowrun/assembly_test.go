package flowrun_test

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

// What the AWS CDK writes is read as it stands: the flows of its templates, those of nested stacks and of
// stages too, and of nothing else in the folder. A flow finds the module of its template.
func TestCloudAssembly(t *testing.T) {
	t.Parallel()
	library := flowrun.NewLibrary(nil)
	findings, changed, err := flowrun.NewFolder(os.DirFS("testdata"), library).Load()
	if err != nil || len(findings) != 0 {
		t.Errorf("%v, %+v", err, findings)
	}
	var got []string
	for _, p := range library.Files() {
		got = append(got, p.Name())
	}
	slices.Sort(got)
	if want := []string{"Closed", "Main", "Nested", "Staged", "Thanks"}; !slices.Equal(got, want) || changed != 4 {
		t.Errorf("%d files with %q, want %q", changed, got, want)
	}
	if missing := library.Missing(); len(missing) != 0 {
		t.Errorf("missing is %+v", missing)
	}
	if p, ok := library.Find("${Thanks.ContactFlowModuleArn}", ""); !ok || p.Name() != "Thanks" || p.Kind() != flow.Module {
		t.Error("the module is not found by the reference of its template")
	}
}

// Outside of a cloud assembly a file without a flow is told of, in one a template that is broken.
func TestBesideACloudAssembly(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"manifest.json":               {Data: []byte(`{}`)},
		"out/cdk.out":                 {Data: []byte(`{"version":"55.0.0"}`)},
		"out/manifest.json":           {Data: []byte(`{}`)},
		"out/Broken.template.json":    {Data: []byte(`{"Resources": `)},
		"out/Bucket.template.json":    {Data: []byte(`{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}`)},
		"out/asset.1/x.template.json": {Data: []byte(`{}`)},
	}
	findings, _, err := flowrun.NewFolder(files, flowrun.NewLibrary(nil)).Load()
	told := map[string]bool{}
	for _, f := range findings {
		told[f.File] = true
	}
	if err != nil || len(told) != 2 || !told["manifest.json"] || !told["out/Broken.template.json"] {
		t.Errorf("%v, %+v", err, findings)
	}
}
