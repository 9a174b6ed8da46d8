#!/usr/bin/env bash
# A good guess says that a call of an AWS SDK only reads its input, so that one input can serve several calls with a member
# changed between them. The SDK for Go writes the ClientToken that it makes up into the caller's own struct: the second
# StartChatContact with the same struct carries the token of the first, and so does every later one.
# Seen with github.com/aws/aws-sdk-go-v2/service/connect 1.175.2. @aws-sdk/client-connect 3.1136.0 leaves its input alone and
# makes a token for each call. AWS documents a repeated ClientToken as a repeated call.
# A load test or a pool of prepared inputs in Go gets one chat where it asked for many, without an error; make the input anew
# for each chat, or set ClientToken to nil before each call.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.25
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/aws-sdk-go-v2/service/connect/types"
)

func main() {
	var tokens []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var told struct {
			ClientToken        string
			ParticipantDetails struct{ DisplayName string }
		}
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
			panic(err)
		}
		fmt.Printf("  Go: chat of %s, ClientToken %s\n", told.ParticipantDetails.DisplayName, told.ClientToken)
		tokens = append(tokens, told.ClientToken)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{}`)
	}))
	defer service.Close()
	client := connect.New(connect.Options{
		Region: "us-east-1", BaseEndpoint: &service.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "key"}, nil
		}),
	})
	input := &connect.StartChatContactInput{InstanceId: aws.String("instance"), ContactFlowId: aws.String("flow")}
	start := func(name string) {
		input.ParticipantDetails = &types.ParticipantDetails{DisplayName: &name}
		if _, err := client.StartChatContact(context.Background(), input); err != nil {
			panic(err)
		}
	}
	start("Ann")
	start("Bob")
	input.ClientToken = nil
	start("Cem")
	if tokens[0] == "" || tokens[1] != tokens[0] || tokens[2] == tokens[0] {
		fmt.Println("  changed, it was: the same token for the first two, another for the third")
		os.Exit(1)
	}
}
GO
cat >ask.mjs <<'JS'
import assert from 'node:assert/strict'
import http from 'node:http'
import { ConnectClient, StartChatContactCommand } from '@aws-sdk/client-connect'

const tokens = []
const service = http.createServer(async (request, response) => {
  const { ClientToken, ParticipantDetails } = JSON.parse(Buffer.concat(await request.toArray()))
  console.log(`  JavaScript: chat of ${ParticipantDetails.DisplayName}, ClientToken ${ClientToken}`)
  tokens.push(ClientToken)
  response.setHeader('content-type', 'application/json').end('{}')
})
await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve))
const client = new ConnectClient({
  region: 'us-east-1', endpoint: `http://127.0.0.1:${service.address().port}`, credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
})
const input = { InstanceId: 'instance', ContactFlowId: 'flow' }
for (const DisplayName of ['Ann', 'Bob']) {
  input.ParticipantDetails = { DisplayName }
  await client.send(new StartChatContactCommand(input))
}
assert.equal(input.ClientToken, undefined)
assert.ok(tokens[0] && tokens[1] && tokens[0] !== tokens[1])
process.exit()
JS
go get github.com/aws/aws-sdk-go-v2/service/connect@v1.175.2 2>/dev/null
go list -m github.com/aws/aws-sdk-go-v2/service/connect
go run .
npm install --silent --no-audit --no-fund @aws-sdk/client-connect@3.1136.0
npm ls --depth=0 | grep @
node --no-warnings ask.mjs
