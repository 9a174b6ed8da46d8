package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/hint"
)

// connectRegions are where Amazon Connect is.
//
// Source: "Amazon Connect endpoints and quotas" in the AWS General Reference,
// https://docs.aws.amazon.com/general/latest/gr/connect_region.html, and the endpoints of AWS's SDK.
func connectRegions() []string {
	return []string{
		"us-east-1", "us-west-2", "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2",
		"ca-central-1", "eu-central-1", "eu-west-2", "us-gov-west-1",
	}
}

// judgeRegion says whether Amazon Connect is in a Region. A Region that is not known is no failure: AWS
// opens new ones, and an endpoint of one's own may have any name.
func judgeRegion(region string) finding {
	known := connectRegions()
	if slices.Contains(known, region) {
		partition, _ := awscall.PartitionOf(region)
		return ok(fmt.Sprintf("%s (partition %s)", region, partition.ID))
	}
	detail := region + ", where Amazon Connect is not known to be"
	if _, spelt := awscall.PartitionOf(region); !spelt {
		detail = region + ", which is not spelt like a Region of AWS"
	}
	meant := "Check the spelling of --region."
	if near := hint.Nearest(region, known); near != "" {
		meant = "Check the spelling of --region: did you mean " + near + "?"
	}
	return warn(detail, meant+" Amazon Connect is in "+strings.Join(known, ", ")+".")
}

// ids looks at the shape of the configured ids: AWS's own answer to a cut one only says that there is no
// such thing.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/find-instance-arn.html
func (e *examination) ids(context.Context) finding {
	var faults []string
	flow, _, _ := strings.Cut(arn.FlowOf(e.ContactFlowID), ":") // a version or alias may follow
	for _, id := range []struct{ name, value string }{{"instance id", arn.InstanceOf(e.InstanceID)}, {"contact flow id", flow}} {
		if fault := shape(id.value); fault != "" {
			faults = append(faults, fmt.Sprintf("the %s %s %s", id.name, id.value, fault))
		}
	}
	switch {
	case len(faults) > 0:
		return warn(strings.Join(faults, "\n"), "Copy the whole id from the end of the ARN in the Amazon Connect console, or use the ARN.")
	case e.InstanceID == "" && e.ContactFlowID == "":
		return skip("none is configured: pages name the instance and the contact flow themselves")
	}
	return ok("whole UUIDs")
}

// shape says what keeps a text from being an id; empty for an id, and for nothing at all.
func shape(id string) string {
	const digits = len("00000000-0000-4000-8000-000000000001")
	_, err := uuid.Parse(id)
	switch n := len(id); {
	case id == "" || err == nil && n == digits:
		return ""
	case strings.Trim(strings.ToLower(id), "0123456789abcdef-") != "" || n == digits:
		return "is no UUID (8-4-4-4-12 hexadecimal digits)"
	case n < digits:
		return fmt.Sprintf("is cut off: it has %d characters, and a whole one %d", n, digits)
	default:
		return fmt.Sprintf("is too long: it has %d characters, and a whole one %d", n, digits)
	}
}
