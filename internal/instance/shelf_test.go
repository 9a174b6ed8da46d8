package instance_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/instance"
)

var configured = instance.Given{
	Hours:  []instance.Item[instance.Hours]{{ID: "h", Name: "Office"}},
	Queues: []instance.Item[instance.Queue]{{ID: "q", Name: "Default", Is: instance.Queue{HoursID: "h"}}},
}

func queueOf(name, hours string) instance.Item[instance.Queue] {
	return instance.Item[instance.Queue]{Name: name, Tags: map[string]string{"a": "b"}, Is: instance.Queue{HoursID: hours}}
}

// What is kept on a shelf is there after the store was opened again, behind what is configured; what the
// store does not keep is not there, and who listens is told so.
func TestShelf(t *testing.T) {
	t.Parallel()
	kept, told := &shelf{}, 0
	cfg := instance.Config{Store: kept, Given: configured, Now: func() time.Time { return time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC) }, Changed: func() { told++ }}
	k := open(t, cfg)
	sales, err := k.Queues.Create(t.Context(), queueOf("Sales", "h"))
	if err != nil || told != 1 {
		t.Fatalf("%v, told %d times", err, told)
	}
	rename := func(one *instance.Item[instance.Queue]) error {
		one.Name, one.Tags["a"] = "Orders", "c"
		return nil
	}
	before := k.Queues.All()
	kept.broken = errors.New("full")
	_, created := k.Queues.Create(t.Context(), queueOf("Support", "h"))
	for what, err := range map[string]error{
		"create": created, "change": k.Queues.Change(t.Context(), sales.ID, rename), "remove": k.Queues.Remove(t.Context(), sales.ID),
	} {
		if !errors.Is(err, kept.broken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if diff := cmp.Diff(before, k.Queues.All()); diff != "" || told != 2 { // the queue that was retired takes contacts again
		t.Errorf("told %d times (-before +after):\n%s", told, diff)
	}
	kept.broken = nil
	if err := k.Queues.Change(t.Context(), sales.ID, rename); err != nil {
		t.Fatal(err)
	}
	if before[1].Name != "Sales" || before[1].Tags["a"] != "b" {
		t.Errorf("what was seen before has changed: %+v", before[1])
	}
	again := open(t, cfg)
	if diff := cmp.Diff(k.Queues.All(), again.Queues.All()); diff != "" || len(again.Queues.All()) != 2 || again.Queues.All()[1].Name != "Orders" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
}

// Names are there once, references hold, what is configured stays, and there are as many as there may be.
func TestShelfRefuses(t *testing.T) {
	t.Parallel()
	waits := true
	k := open(t, instance.Config{Store: &shelf{}, Given: configured, Limited: true, Retires: func(string) bool { return !waits }})
	create := func(name, hours string) error {
		_, err := k.Queues.Create(t.Context(), queueOf(name, hours))
		return err
	}
	if err := create("Default", "h"); !errors.Is(err, instance.ErrDuplicate) {
		t.Errorf("a name of the configuration: %v", err)
	}
	if missing, ok := errors.AsType[*instance.MissingError](create("Sales", "nobody")); !ok || missing.ID != "nobody" {
		t.Error("a queue without hours was created")
	}
	if err := k.Queues.Remove(t.Context(), "q"); !errors.Is(err, instance.ErrConfigured) {
		t.Errorf("removing what is configured: %v", err)
	}
	for i := range instance.MaxQueues - 1 {
		if err := create(fmt.Sprint("queue ", i), "h"); err != nil {
			t.Fatal(err)
		}
	}
	if err := create("one more", "h"); !errors.Is(err, instance.ErrLimit) {
		t.Errorf("one more: %v", err)
	}
	id := k.Queues.All()[1].ID
	if _, ok := errors.AsType[*instance.InUseError](k.Queues.Remove(t.Context(), id)); !ok {
		t.Error("a queue in which somebody waits was removed")
	}
	waits = false
	if err := k.Queues.Remove(t.Context(), id); err != nil {
		t.Error(err)
	}
	if err := k.Queues.Remove(t.Context(), id); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("removing it again: %v", err)
	}
}
