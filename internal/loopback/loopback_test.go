package loopback_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/loopback"
)

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]struct{ host, name bool }{
		"localhost":            {true, true},
		"LocalHost":            {true, true},
		"localhost.":           {true, true},
		"127.0.0.1":            {true, false},
		"127.8.9.10":           {true, false},
		"::1":                  {true, false},
		"::ffff:127.0.0.1":     {true, false},
		"shop.localhost":       {false, true},
		"shop.LOCALHOST.":      {false, true},
		"":                     {false, false},
		".":                    {false, false},
		"notlocalhost":         {false, false},
		"localhost.example":    {false, false},
		"127.0.0.1.example":    {false, false},
		"0.0.0.0":              {false, false},
		"::":                   {false, false},
		"10.0.0.1":             {false, false},
		"[::1]":                {false, false},
		"localhos\u017f":       {false, false},
		"shop.localho\u017ft.": {false, false},
	} {
		if got := loopback.Host(host); got != want.host {
			t.Errorf("Host(%q) = %v", host, got)
		}
		if got := loopback.Name(host); got != want.name {
			t.Errorf("Name(%q) = %v", host, got)
		}
	}
}
