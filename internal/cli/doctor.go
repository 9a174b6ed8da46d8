package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/doctor"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

func newDoctor(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "doctor [-o json] [flags]", Short: "Check everything that chats depend on",
		Long: "Checks the configuration and this machine and, with --upstream aws, the credentials, the instance, the\n" +
			"contact flow and the permissions. Nothing is changed, and no chat is started on a real instance. The\n" +
			"exit code is 1 when something would keep chats from being started.",
		DisableFlagsInUseLine: true,
		Example: `  parley doctor
  parley doctor --upstream aws --profile dev --instance-id ID --contact-flow-id ID
  parley doctor -o json`,
	}
	output := outputFlag(c)
	withSettings(c, "some")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := checkOutput(*output); err != nil {
			return err
		}
		if unknown, err := strayArguments(c, args); err != nil || len(unknown) > 0 {
			return settings.Join(err, unknown) // a wrong line is nothing to examine
		}
		s, faults := loadSettings(env, c, args)
		if s == nil {
			return faults
		}
		report, err := diagnose(c.Context(), env, s, faults)
		if err != nil {
			return err
		}
		if err := c.Context().Err(); err != nil {
			return err // what was not looked at cannot be reported
		}
		if *output == "json" {
			err = report.WriteJSON(env.Stdout)
		} else {
			err = report.WriteText(env.Stdout, env.color(env.StdoutTerminal))
		}
		if err == nil && report.Failed() {
			return errReported
		}
		return err
	}
	return c
}

// diagnose lets the doctor look at what the settings choose.
func diagnose(ctx context.Context, env *Env, s *settings.Settings, faults error) (doctor.Report, error) {
	config := doctor.Config{
		Program: env.Build.String(), Faults: faults, Addr: s.Addr,
		Region: s.Region, InstanceID: s.InstanceID, ContactFlowID: s.ContactFlowID,
		AllowOrigins: s.AllowOrigins, Getenv: env.getenv, Timeout: s.UpstreamTimeout,
	}
	for _, v := range s.Values() {
		if s.Given(v.Field.Name) {
			config.Settings = append(config.Settings, doctor.Setting{
				Name: v.Field.Name, Value: screen.Printable(v.Text), Origin: v.Origin.String(),
			})
		}
	}
	return serve.Examine(ctx, s, env.Build.userAgent(), config)
}
