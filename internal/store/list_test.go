package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

func TestContacts(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			began := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
			for i := range 7 { // two start in each second, the even ones end
				c := newContact()
				c.ID, c.Started = fmt.Sprint(i), began.Add(time.Duration(i/2)*time.Second)
				commit(t, s, chat.Changes{Contact: c})
				if i%2 == 0 {
					ended := *c
					ended.Ended = c.Started.Add(time.Hour - time.Duration(i)*time.Minute)
					commit(t, s, chat.Changes{Contact: &ended})
				}
			}
			list := func(q chat.ContactQuery) (ids []string) {
				t.Helper()
				contacts, err := s.Contacts(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range contacts {
					ids = append(ids, c.ID)
				}
				return ids
			}
			for _, test := range []struct {
				query chat.ContactQuery
				want  []string
			}{
				{chat.ContactQuery{}, []string{"6", "5", "4", "3", "2", "1", "0"}},
				{chat.ContactQuery{Limit: 2}, []string{"6", "5"}},
				{chat.ContactQuery{Ended: new(true)}, []string{"6", "4", "2", "0"}},
				{chat.ContactQuery{Ended: new(false), Limit: 2}, []string{"5", "3"}},
				{chat.ContactQuery{Before: began.Add(time.Second)}, []string{"1", "0"}},
				{chat.ContactQuery{Before: began}, nil},
				{chat.ContactQuery{BeforeID: "3", Limit: 2}, []string{"2", "1"}},
				{chat.ContactQuery{BeforeID: "3", Ended: new(false)}, []string{"1"}},
				{chat.ContactQuery{BeforeID: "unheard of"}, nil},
			} {
				if diff := cmp.Diff(test.want, list(test.query)); diff != "" {
					t.Errorf("%+v: %s", test.query, diff)
				}
			}
		})
	}
}

func TestContactFiles(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			active, ended := newContact(), newContact()
			ended.Ended = time.Now()
			at := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
			for i, c := range []*chat.Contact{active, ended} {
				file := &transcript.File{ID: fmt.Sprintf("late %d", i), ContactID: c.ID, Created: at.Add(time.Millisecond), Status: transcript.FileScanning}
				commit(t, s, chat.Changes{Contact: c, File: file})
				commit(t, s, chat.Changes{File: &transcript.File{ID: fmt.Sprintf("soon %d", i), ContactID: c.ID, Created: at}})
			}
			for contactID, want := range map[string][]string{
				active.ID: {"soon 0", "late 0"}, ended.ID: {"soon 1", "late 1"}, "": {"soon 0", "late 0"}, "unheard of": nil,
			} {
				files, err := s.ContactFiles(t.Context(), contactID)
				if err != nil {
					t.Fatal(err)
				}
				var ids []string
				for _, f := range files {
					ids = append(ids, f.ID)
				}
				if !slices.Equal(ids, want) {
					t.Errorf("the files of %q are %q", contactID, ids)
				}
			}
		})
	}
}
