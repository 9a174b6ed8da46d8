#!/usr/bin/env bash
# A good guess says that a schema with {"type": "string", "format": "date"} takes a date in a YAML file as it takes one in JSON.
# go.yaml.in/yaml/v3 3.0.6 makes a time.Time of a date without quotes, and github.com/santhosh-tekuri/jsonschema/v6 6.0.3
# refuses that as "invalid jsonType time.Time", whatever type the schema asks for. The usual way round, by JSON, makes it
# 2026-01-05T00:00:00Z, which the format refuses next. A number as a key, as in a table of answers by status, makes a
# map[interface {}]interface {}, which neither the schema nor encoding/json takes. With npm's yaml 2.9.1 and ajv 8.20.0 both
# files fit the same schema, since date and key are texts there.
# A team that checks a bot's or a scenario's YAML in Node finds it refused by a program in Go, and the message names no
# member of the schema; quotes around the date and around the key mend it for both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >schema.json <<'JSON'
{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "opens": { "type": "string", "format": "date" },
    "answers": { "type": "object", "additionalProperties": { "type": "string" } }
  }
}
JSON
printf 'opens: 2026-01-05\n' >date.yaml
printf 'answers:\n  404: no such order\n' >key.yaml
printf 'opens: "2026-01-05"\nanswers:\n  "404": no such order\n' >quoted.yaml
npm install --silent --no-audit --no-fund ajv@8.20.0 ajv-formats@3.0.1 yaml@2.9.1
cat >check.mjs <<'JS'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

const ajv = new Ajv()
addFormats.default(ajv)
const validate = ajv.compile(JSON.parse(readFileSync('schema.json')))
for (const name of ['date', 'key', 'quoted']) {
  const fits = validate(parse(readFileSync(`${name}.yaml`, 'utf8')))
  console.log(`  ${name}.yaml in Node: ${fits ? 'fits' : ajv.errorsText(validate.errors)}`)
  assert.equal(fits, true)
}
JS
node check.mjs
cat >go.mod <<'MOD'
module finding

go 1.25
MOD
cat >main.go <<'GO'
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func main() {
	schema := jsonschema.NewCompiler().MustCompile("schema.json")
	changed := false
	expect := func(what string, err error, part string) {
		told := "fits"
		if err != nil {
			told = strings.ReplaceAll(err.Error(), "\n", " ")
			told = told[strings.LastIndex(told, "- at ")+1:]
			told = strings.TrimSpace(told)
		}
		fmt.Printf("  %s: %s\n", what, told)
		if !strings.Contains(told, part) {
			fmt.Println("    changed, it was:", part)
			changed = true
		}
	}
	for _, file := range []struct{ name, direct, byJSON string }{
		{"date.yaml", "invalid jsonType time.Time", "'2026-01-05T00:00:00Z' is not valid date"},
		{"key.yaml", "invalid jsonType map[interface {}]interface {}", "unsupported type: map[interface {}]interface {}"},
		{"quoted.yaml", "fits", "fits"},
	} {
		text, err := os.ReadFile(file.name)
		if err != nil {
			panic(err)
		}
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			panic(err)
		}
		expect(file.name+" in Go", schema.Validate(value), file.direct)
		again, err := json.Marshal(value)
		if err == nil {
			if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(again)); err == nil {
				err = schema.Validate(value)
			}
		}
		expect(file.name+" in Go by JSON", err, file.byJSON)
	}
	if changed {
		os.Exit(1)
	}
}
GO
gofmt -l main.go
go get github.com/santhosh-tekuri/jsonschema/v6@v6.0.3 go.yaml.in/yaml/v3@v3.0.6 2>/dev/null
go run .
