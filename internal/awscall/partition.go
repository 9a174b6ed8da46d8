package awscall

import (
	"regexp"
	"strings"
)

// regionSpelling is how the Regions of all partitions are spelt: area, part of the area,
// number.
//
// Source: partitions.json of the AWS SDKs.
var regionSpelling = regexp.MustCompile(
	`^(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|eusc-de|us-iso|us-isob|eu-isoe|us-isof)-[a-z]+-\d+$`)

// Partition is a group of Regions with names of their own.
type Partition struct {
	// ID is AWS's name of the partition, "aws-cn" for example.
	ID     string
	prefix string // of its Regions
	// DNS and DualStackDNS are the domains of its services.
	DNS, DualStackDNS string
	// IAM, which has one endpoint a partition, is at iamHost or iamFIPS, and its calls are signed
	// for iamRegion.
	iamHost, iamFIPS, iamRegion string
}

// PartitionOf returns the partition of a Region, and whether the name is spelt like one of AWS's
// Regions. Any other name belongs to the commercial partition unless its beginning is that of
// another one.
func PartitionOf(region string) (p Partition, known bool) {
	return partitionOf(region), regionSpelling.MatchString(region)
}

// partitionOf returns the partition of a Region, by its prefix as AWS's own rules
// do; an unknown one is taken for the commercial partition.
func partitionOf(region string) Partition {
	for _, p := range []Partition{
		{"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "iam.cn-north-1.amazonaws.com.cn", "", "cn-north-1"},
		{"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
		{"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "iam.eusc-de-east-1.amazonaws.eu", "", "eusc-de-east-1"},
		{"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", "iam.us-iso-east-1.c2s.ic.gov", "", "us-iso-east-1"},
		{"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", "iam.us-isob-east-1.sc2s.sgov.gov", "", "us-isob-east-1"},
		{"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "iam.eu-isoe-west-1.cloud.adc-e.uk", "", "eu-isoe-west-1"},
		{"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "iam.us-isof-south-1.csp.hci.ic.gov", "", "us-isof-south-1"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return Partition{"aws", "", "amazonaws.com", "api.aws", "iam.amazonaws.com", "iam-fips.amazonaws.com", "us-east-1"}
}
