package flowcheck

import (
	"cmp"
	"net/url"

	"github.com/parley-chat/parley/internal/flow"
)

// The parts of a SARIF log that a check fills in.
//
// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
		// ColumnKind is required of tools that give regions.
		ColumnKind string `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string     `json:"id"`
		ShortDescription sarifText  `json:"shortDescription"`
		Help             *sarifText `json:"help,omitempty"`
		HelpURI          string     `json:"helpUri,omitempty"`
		Default          struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID     string            `json:"ruleId"`
		RuleIndex  int               `json:"ruleIndex"`
		Level      string            `json:"level"`
		Message    sarifText         `json:"message"`
		Locations  []sarifLocation   `json:"locations"`
		Properties map[string]string `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact sarifArtifact `json:"artifactLocation"`
			Region   *sarifRegion  `json:"region,omitempty"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name      string `json:"name,omitempty"`
		Qualified string `json:"fullyQualifiedName"`
		Kind      string `json:"kind"`
	}
)

// SARIF is the log of a check in the form that code hosts show beside the lines, SARIF 2.1.0, ready
// for an encoder. What keeps a flow from running or from being published is an error there, and
// which of the two it is stands in the properties.
func SARIF(version string, findings []flow.Finding) any {
	rules := Rules()
	run := sarifRun{Results: []sarifResult{}, ColumnKind: "unicodeCodePoints"}
	run.Tool.Driver = sarifDriver{Name: "parley flow check", Version: version}
	index := map[string]int{}
	for i, rule := range rules {
		index[rule.ID] = i
		r := sarifRule{ID: rule.ID, ShortDescription: sarifText{rule.Says}, HelpURI: rule.Page}
		if rule.Remedy != "" {
			r.Help = &sarifText{rule.Remedy}
		}
		r.Default.Level = sarifLevel(rule.Level)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, r)
	}
	for _, f := range findings {
		text := f.Text
		if f.Remedy != "" {
			text += "; " + f.Remedy
		}
		result := sarifResult{
			RuleID: f.Rule, RuleIndex: index[f.Rule], Level: sarifLevel(f.Level), Message: sarifText{text},
			Properties: map[string]string{"level": string(f.Level)},
		}
		if f.Page != "" {
			result.Properties["page"] = f.Page
		}
		var at sarifLocation
		at.Physical.Artifact.URI = (&url.URL{Path: f.File}).String()
		if f.Line > 0 {
			at.Physical.Region = &sarifRegion{f.Line}
		}
		if f.Action != "" {
			at.Logical = []sarifLogical{{f.Name, cmp.Or(f.Flow, f.File) + "/" + f.Action, "object"}}
		}
		result.Locations = []sarifLocation{at}
		run.Results = append(run.Results, result)
	}
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// sarifLevel is a level in the words of SARIF.
func sarifLevel(level flow.Level) string {
	if level == flow.Doubtful {
		return "warning"
	}
	return "error"
}
