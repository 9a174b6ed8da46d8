package connectserver

import (
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/instance"
)

// hours are the hours of operation of the instance.
func (s *Service) hours() *family[instance.Hours] {
	return &family[instance.Hours]{
		s: s, shelf: func() *instance.Shelf[instance.Hours] { return &s.kept.Hours }, what: "hours of operation", kind: "operating-hours", file: "parley.yaml",
		label: "HoursOfOperationId", id: "HoursOfOperationId", arn: "HoursOfOperationArn",
		show: func(in string, h *instance.Item[instance.Hours], m members) {
			m["TimeZone"], m["Config"] = zoneOf(h), openTimes(h.Is.Week)
			var parents []members
			for _, id := range h.Is.Parents {
				if p := s.kept.Hours.Find(id); p != nil {
					parents = append(parents, s.hoursIdentifier(in, p))
				}
			}
			if parents != nil {
				m["ParentHoursOfOperations"] = parents
			}
		},
		fields: ", hoursOfOperationID, timezone",
		field: func(h *instance.Item[instance.Hours], name string) (string, bool) {
			if name == "timezone" {
				return zoneOf(h), true
			}
			return h.ID, name == "hoursofoperationid"
		},
	}
}

func zoneOf(h *instance.Item[instance.Hours]) string {
	if h.Is.Zone == "" {
		return "UTC"
	}
	return h.Is.Zone
}

// clockTime is a time of the day.
type clockTime struct{ Hours, Minutes int }

func clockOf(minutes int) clockTime { return clockTime{minutes / 60 % 24, minutes % 60} }

// openTime are times of a day of the week. A time that ends when it begins is 24 hours long, one that
// ends before it begins ends on the next day.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_HoursOfOperationConfig.html
type openTime struct {
	Day                string
	StartTime, EndTime *clockTime
}

// times are the times of requests. One whose day is missing is for all days; a missing time is midnight.
func times(given []openTime) []hours.Times {
	var all []hours.Times
	minutes := func(t *clockTime) int {
		if t == nil {
			return 0
		}
		return t.Hours*60 + t.Minutes
	}
	for _, t := range given {
		span := hours.Span{From: minutes(t.StartTime), To: minutes(t.EndTime)}
		if span.To <= span.From {
			span.To += 24 * 60
		}
		for day := time.Sunday; day <= time.Saturday; day++ {
			if t.Day == "" || strings.EqualFold(t.Day, day.String()) {
				all = append(all, hours.Times{Day: day, Span: span})
			}
		}
	}
	return all
}

// openTimes are times as answers show them.
func openTimes(all []hours.Times) []openTime {
	shown := make([]openTime, len(all))
	for i, t := range all {
		from, to := clockOf(t.From), clockOf(t.To)
		shown[i] = openTime{strings.ToUpper(t.Day.String()), &from, &to}
	}
	return shown
}

type hoursInput struct {
	named   `json:",inline"`
	Zone    string `json:"TimeZone"`
	Config  *[]openTime
	Parents []struct {
		ID string `json:"HoursOfOperationId"`
	} `json:"ParentHoursOfOperationConfigs"`
}

// checkZone refuses a time zone that does not exist.
func checkZone(name string) error {
	if _, err := hours.Zone(name); err != nil {
		return refusal(invalidParameter, "TimeZone "+err.Error()+".")
	}
	return nil
}

// newHours are the hours that a request creates.
func (s *Service) newHours(in *hoursInput) (instance.Item[instance.Hours], error) {
	one := item(&in.named, instance.Hours{Plan: hours.Plan{Zone: in.Zone, Week: times(*in.Config)}})
	for _, p := range in.Parents {
		one.Is.Parents = append(one.Is.Parents, s.hoursIDOf(p.ID))
	}
	return one, checkZone(in.Zone)
}

// updateHours carries out UpdateHoursOfOperation; what the request leaves out stays.
func updateHours(in *hoursInput, h *instance.Item[instance.Hours]) error {
	rename(&in.named, h)
	if in.Config != nil {
		h.Is.Week = times(*in.Config)
	}
	if in.Zone != "" {
		h.Is.Zone = in.Zone
	}
	return checkZone(in.Zone)
}

// hoursActions are those of hours of operation.
func (s *Service) hoursActions() []*action {
	f := s.hours()
	return []*action{
		{
			name: "CreateHoursOfOperation", model: connectmodel.CreateHoursOfOperation(), run: created(f, f.id, f.arn, s.newHours), source: fidelity.Documentation,
			note: "Kept in the data directory; rule CheckHoursOfOperation at once. A time that ends when it begins is 24 hours long, one that ends earlier ends on the next day. " +
				"The overrides of up to three parents count after the own (guessed). When strict: 100, then `LimitExceededException`.",
		},
		{
			name: "DescribeHoursOfOperation", model: connectmodel.DescribeResource(f.label), run: f.described("HoursOfOperation"), source: fidelity.Model,
			note: "Those of `parley.yaml` are described and listed as well, with their overrides, and cannot be changed here; `Basic Hours` are always open.",
		},
		{
			name: "ListHoursOfOperations", query: paging(), model: connectmodel.ListResources(1000), run: f.listed("HoursOfOperationSummaryList", nil), source: fidelity.Model,
		},
		{name: "SearchHoursOfOperations", model: connectmodel.SearchResources(100), run: f.found("HoursOfOperations"), source: fidelity.Model, note: "As SearchContactFlows."},
		{name: "UpdateHoursOfOperation", model: connectmodel.UpdateHoursOfOperation(), run: changed(f, updateHours), source: fidelity.Documentation},
		{
			name: "DeleteHoursOfOperation", model: connectmodel.DescribeResource(f.label), run: f.removed(), source: fidelity.Documentation,
			note: "`ResourceInUseException` while a queue or other hours need them (guessed).",
		},
	}
}
