package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

// newFlowExport is the command that writes what was deployed to a running server.
func newFlowExport(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "export FOLDER [flags]", Short: "Write what was deployed to a running server as files",
		Long: "Writes what scripts have created on a running server into a new or empty folder: each flow and module as a\n" +
			"file in flows, which the flow designer imports, each view as a file in views, queues and hours of operation in\n" +
			"parley.yaml. `parley serve` in this folder behaves alike. References stay as they came, with the names of what\n" +
			"they mean beside them; a version of a module that a flow calls is a module of its own. Standard error says\n" +
			"what is not in the files.",
		Example: "  parley flow export deployed\n  cd deployed && parley serve",
	}
	want := arguments{least: 1, most: 1, name: "one FOLDER, which is new or empty"}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		exported, answer, err := r.Export(ctx)
		if err != nil {
			return err
		}
		if err := emptyFolder(args[0], "name another folder"); err != nil {
			return err
		}
		for _, file := range exported.Files {
			if err := writeExported(args[0], file); err != nil {
				return err
			}
			if !r.json {
				if _, err := fmt.Fprintln(env.Stdout, filepath.ToSlash(filepath.Join(args[0], filepath.FromSlash(file.Path)))); err != nil {
					return err
				}
			}
		}
		if !r.json {
			for _, note := range exported.Notes {
				r.note("%s", screen.Text(note, "  "))
			}
		}
		switch {
		case r.json:
			_, err = env.Stdout.Write(answer)
		case len(exported.Files) == 0:
			r.note("nothing was deployed to the server: flows of its folder are files already")
		}
		return err
	})
}

// writeExported writes a file into a folder, and nowhere else.
func writeExported(dir string, file client.ExportedFile) error {
	name := filepath.FromSlash(file.Path)
	if !filepath.IsLocal(name) {
		return fmt.Errorf("the server names a file outside of the folder: %q", file.Path)
	}
	name = filepath.Join(dir, name)
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(file.Content), 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing an exported file: %w", err)
	}
	return nil
}

// emptyFolder makes a folder, which may be there without files.
func emptyFolder(dir, remedy string) error {
	there, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return hint.New(fmt.Errorf("looking into %s: %w", dir, err), remedy)
	}
	if len(there) > 0 {
		return hint.Usage(fmt.Sprintf("%s is not empty: it has %s", dir, there[0].Name()), remedy)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder %s: %w", dir, err)
	}
	return nil
}
