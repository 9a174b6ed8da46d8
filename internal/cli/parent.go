package cli

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/parley-chat/parley/internal/settings"
)

// errParentGone is why a server ends with its parent.
var errParentGone = errors.New("the parent process has ended")

// whileParentLives returns a context that ends also when the parent process does, if the
// settings ask for that; its cause is then errParentGone. The function that it returns ends
// the context and the watch.
func whileParentLives(ctx context.Context, env *Env, s *settings.Settings, log *slog.Logger) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	if s.ExitWithParent && env.AwaitParent != nil {
		watch.Go(func() {
			switch err := env.AwaitParent(ctx); {
			case err == nil:
				log.InfoContext(ctx, "stopping: the parent process has ended")
				stop(errParentGone)
			case ctx.Err() == nil:
				log.WarnContext(ctx, "the parent process cannot be watched; exit-with-parent has no effect", slog.String("cause", err.Error()))
			}
		})
	}
	return ctx, func() {
		stop(nil)
		watch.Wait()
	}
}
