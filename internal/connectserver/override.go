package connectserver

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/instance"
)

// maxOverrides is how many overrides hours may have, when that is limited.
const maxOverrides = 50

type recurrence struct {
	Frequency           string
	Interval            int
	ByMonth             []int `json:",omitempty"`
	ByMonthDay          []int `json:",omitempty"`
	ByWeekdayOccurrence []int `json:",omitempty"`
}

type overrideInput struct {
	ID          string `json:"HoursOfOperationOverrideId"`
	Name        string
	Description *string
	Config      *[]openTime
	From        string                                  `json:"EffectiveFrom"`
	Till        string                                  `json:"EffectiveTill"`
	Type        string                                  `json:"OverrideType"`
	Recurrence  *struct{ RecurrencePattern recurrence } `json:"RecurrenceConfig"`
}

// apply changes an override as a request says; what it leaves out stays.
func (in *overrideInput) apply(h *instance.Item[instance.Hours], o *instance.Override) error {
	o.Name, o.First, o.Last = cmp.Or(in.Name, o.Name), cmp.Or(in.From, o.First), cmp.Or(in.Till, o.Last)
	o.Effect = cmp.Or(hours.Effect(in.Type), o.Effect)
	if in.Description != nil {
		o.Description = *in.Description
	}
	if in.Config != nil {
		o.Times = times(*in.Config)
	}
	if in.Recurrence != nil {
		p := in.Recurrence.RecurrencePattern
		o.Recurs = &hours.Recurrence{Frequency: p.Frequency, Interval: p.Interval, Months: p.ByMonth, Days: p.ByMonthDay, Occurrence: p.ByWeekdayOccurrence}
	}
	switch {
	case o.Last < o.First:
		return refusal(invalidParameter, "EffectiveTill must not be before EffectiveFrom.")
	case slices.ContainsFunc(h.Is.Overrides, func(other instance.Override) bool { return other.ID != o.ID && other.Name == o.Name }):
		return &awswire.Error{Status: http.StatusConflict, Name: "DuplicateResourceException", Message: "Another override of these hours of operation has this name."}
	}
	return nil
}

// overrideAt is where an override is in its hours.
func overrideAt(h *instance.Item[instance.Hours], id string) (int, error) {
	at := slices.IndexFunc(h.Is.Overrides, func(o instance.Override) bool { return o.ID == id })
	if at < 0 {
		return 0, resourceNotFound("There is no such override of these hours of operation.")
	}
	return at, nil
}

// createOverride carries out CreateHoursOfOperationOverride.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateHoursOfOperationOverride.html
func (s *Service) createOverride(ctx context.Context, _ string, request jsontext.Value) (any, error) {
	var in overrideInput
	if json.Unmarshal(request, &in) != nil {
		return nil, refusal(serialization, "The request cannot be read.")
	}
	o := instance.Override{ID: uuid.NewString()}
	err := s.kept.Hours.Change(ctx, s.hoursIDOf(textOf(request, "HoursOfOperationId")), func(h *instance.Item[instance.Hours]) error {
		if s.strict.Enabled() && len(h.Is.Overrides) >= maxOverrides {
			return instance.ErrLimit
		}
		if err := in.apply(h, &o); err != nil {
			return err
		}
		h.Is.Overrides = append(h.Is.Overrides, o)
		return nil
	})
	return members{"HoursOfOperationOverrideId": o.ID}, err
}

// updateOverride carries out UpdateHoursOfOperationOverride.
func updateOverride(in *overrideInput, h *instance.Item[instance.Hours]) error {
	at, err := overrideAt(h, in.ID)
	if err != nil {
		return err
	}
	return in.apply(h, &h.Is.Overrides[at])
}

// deleteOverride carries out DeleteHoursOfOperationOverride.
func deleteOverride(in *overrideInput, h *instance.Item[instance.Hours]) error {
	at, err := overrideAt(h, in.ID)
	if err != nil {
		return err
	}
	h.Is.Overrides = slices.Delete(h.Is.Overrides, at, at+1)
	return nil
}

// overrideOutput is an override as answers show it.
func (s *Service) overrideOutput(in string, h *instance.Item[instance.Hours], o *instance.Override) members {
	m := members{
		"HoursOfOperationOverrideId": o.ID, "HoursOfOperationId": h.ID, "HoursOfOperationArn": s.hours().arnOf(in, h.ID), "Name": o.Name,
		"Config": openTimes(o.Times), "EffectiveFrom": o.First, "EffectiveTill": o.Last, "OverrideType": cmp.Or(o.Effect, hours.Replaces),
	}
	if o.Description != "" {
		m["Description"] = o.Description
	}
	if r := o.Recurs; r != nil {
		m["RecurrenceConfig"] = members{"RecurrencePattern": recurrence{r.Frequency, r.Interval, r.Months, r.Days, r.Occurrence}}
	}
	return m
}

func (s *Service) describeOverride(_ context.Context, in string, request jsontext.Value) (any, error) {
	h, err := s.hours().find(request)
	if err != nil {
		return nil, err
	}
	at, err := overrideAt(h, textOf(request, "HoursOfOperationOverrideId"))
	if err != nil {
		return nil, err
	}
	return members{"HoursOfOperationOverride": s.overrideOutput(in, h, &h.Is.Overrides[at])}, nil
}

func (s *Service) listOverrides(_ context.Context, in string, request jsontext.Value) (any, error) {
	h, err := s.hours().find(request)
	if err != nil {
		return nil, err
	}
	return parted(request, "HoursOfOperationOverrideList", func(yield func(members) bool) {
		for i := range h.Is.Overrides {
			if !yield(s.overrideOutput(in, h, &h.Is.Overrides[i])) {
				return
			}
		}
	})
}

// searchOverrides carries out SearchHoursOfOperationOverrides. Overrides have no tags of their own, so
// that a filter is for those of their hours.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_SearchHoursOfOperationOverrides.html
func (s *Service) searchOverrides(_ context.Context, in string, request jsontext.Value) (any, error) {
	return sought(request, "HoursOfOperationOverrides", func(yield func(func() members, *searched) bool) {
		for _, h := range s.kept.Hours.All() {
			for i := range h.Is.Overrides {
				if o := &h.Is.Overrides[i]; !yield(func() members { return s.overrideOutput(in, h, o) }, overrideSearched(h, o)) {
					return
				}
			}
		}
	}, func(show func() members) members { return show() })
}

func overrideSearched(h *instance.Item[instance.Hours], o *instance.Override) *searched {
	texts := map[string]string{"name": o.Name, "description": o.Description, "hoursofoperationoverrideid": o.ID, "hoursofoperationid": h.ID}
	dates := map[string]string{"effectivefrom": o.First, "effectivetill": o.Last}
	one := func(of map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { text, ok := of[name]; return text, ok }
	}
	return &searched{
		tags: h.Tags, field: one(texts), fields: "one of name, description, hoursOfOperationOverrideID, hoursOfOperationID",
		date: one(dates), dates: "effectiveFrom or effectiveTill",
	}
}

type operationalTime struct{ Start, End clockTime }

type overrideHour struct {
	operationalTime   `json:",inline"`
	OverrideName      string
	OperationalStatus string
}

// maxEffectiveDays is how many days are asked for at once.
const maxEffectiveDays = 366

// effectiveHours carries out GetEffectiveHoursOfOperations.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetEffectiveHoursOfOperations.html
func (s *Service) effectiveHours(_ context.Context, _ string, request jsontext.Value) (any, error) {
	h, err := s.hours().find(request)
	if err != nil {
		return nil, err
	}
	effective, err := s.kept.Effective(h)
	if err != nil {
		return nil, err
	}
	from, errFrom := time.Parse(time.DateOnly, textOf(request, "fromDate"))
	till, errTill := time.Parse(time.DateOnly, textOf(request, "toDate"))
	if errFrom != nil || errTill != nil || till.Before(from) || till.Sub(from) > maxEffectiveDays*24*time.Hour {
		return nil, refusal(invalidParameter, "toDate must not be before fromDate, nor more than a year after it.")
	}
	days, overridden := []members{}, []members{}
	for date := from; !date.After(till); date = date.AddDate(0, 0, 1) {
		text := date.Format(time.DateOnly)
		open := []operationalTime{}
		for _, span := range effective.On(date) {
			open = append(open, operationalTime{clockOf(span.From), clockOf(span.To)})
		}
		days = append(days, members{"Date": text, "OperationalHours": open})
		if changed := overridesOn(effective, date); len(changed) > 0 {
			overridden = append(overridden, members{"Date": text, "OverrideHours": changed})
		}
	}
	return members{"EffectiveHoursOfOperationList": days, "EffectiveOverrideHoursList": overridden, "TimeZone": zoneOf(h)}, nil
}

// overridesOn are the times that overrides name for a date. One that names none closes the whole day.
func overridesOn(h *hours.Hours, date time.Time) []overrideHour {
	var all []overrideHour
	for _, o := range h.Plan().Overrides {
		if !o.Counts(date) {
			continue
		}
		status, spans := "OPEN", o.On(date)
		if o.Effect == hours.Closes || len(spans) == 0 {
			status = "CLOSED"
		}
		if len(spans) == 0 {
			spans = []hours.Span{{From: 0, To: 24 * 60}}
		}
		for _, span := range spans {
			all = append(all, overrideHour{operationalTime{clockOf(span.From), clockOf(span.To)}, o.Name, status})
		}
	}
	return all
}

// overrideActions are those of dates on which hours of operation are others.
func (s *Service) overrideActions() []*action {
	f, one := s.hours(), connectmodel.DescribeHoursOfOperationOverride()
	return []*action{
		{
			name: "CreateHoursOfOperationOverride", model: connectmodel.CreateHoursOfOperationOverride(), run: f.answer(s.createOverride), source: fidelity.Documentation,
			note: "Rules CheckHoursOfOperation at once. `CLOSED` takes the times of `Config` away, whatever else there is; `OPEN` adds them; `STANDARD` replaces those of the week on all of its dates, and days " +
				"that `Config` does not name are closed, but for recurring ones. An empty `Config` of `OPEN` and `CLOSED` is for whole days (guessed). Of several that replace the times of a date, the first that was created counts (guessed). Recurring ones come again from `EffectiveFrom` on (guessed).",
		},
		{name: "DescribeHoursOfOperationOverride", model: one, run: f.answer(s.describeOverride), source: fidelity.Model},
		{
			name: "ListHoursOfOperationOverrides", query: paging(), model: connectmodel.ListOfResource(f.label, 100), run: f.answer(s.listOverrides), source: fidelity.Model,
			note: "The own ones, in the order of their creation.",
		},
		{
			name: "SearchHoursOfOperationOverrides", model: connectmodel.SearchHoursOfOperationOverrides(), run: f.answer(s.searchOverrides), source: fidelity.Model,
			note: "Searched are the names and descriptions, the ids, and as dates `effectiveFrom` and `effectiveTill` (guessed); `TagFilter` is for the tags of their hours (guessed).",
		},
		{name: "UpdateHoursOfOperationOverride", model: connectmodel.UpdateHoursOfOperationOverride(), run: changed(f, updateOverride), source: fidelity.Documentation},
		{name: "DeleteHoursOfOperationOverride", model: one, run: changed(f, deleteOverride), source: fidelity.Model},
		{
			name: "GetEffectiveHoursOfOperations", query: []parameter{{"fromDate", oneText}, {"toDate", oneText}}, model: connectmodel.GetEffectiveHoursOfOperations(),
			run: f.answer(s.effectiveHours), source: fidelity.Documentation, note: "The times that begin on each date, of at most 367 days (guessed), and which overrides name them.",
		},
	}
}
