package sdk_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/aws-sdk-go-v2/service/connect/types"
	"github.com/aws/smithy-go"

	"github.com/parley-chat/parley/internal/emulator"
)

// The generated client carries out the operations about views, and its own errors are what refuses them.
func TestRowB10Views(t *testing.T) {
	environment(t)
	embedded, err := emulator.New(t.Context(), emulator.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(embedded.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := embedded.Close(); err != nil {
			t.Error(err)
		}
	})
	c := connect.New(connect.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
	})
	ctx, in, text := t.Context(), aws.String(emulator.DefaultInstanceID), aws.String
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	refused := func(what, want string, err error) {
		t.Helper()
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != want {
			t.Errorf("%s: %v, not %s", what, err, want)
		}
	}
	content := &types.ViewInputContent{Template: text(`{"Head":{},"Body":["$.Title"]}`), Actions: []string{"Next"}}
	made, err := c.CreateView(ctx, &connect.CreateViewInput{InstanceId: in, Name: text("v"), Status: types.ViewStatusPublished, Content: content})
	must("CreateView", err)
	view := made.View
	if view.Type != types.ViewTypeCustomerManaged || view.CreatedTime == nil || view.LastModifiedTime == nil || !strings.Contains(*view.Content.InputSchema, "Title") {
		t.Errorf("the view is %+v", view)
	}
	_, err = c.CreateView(ctx, &connect.CreateViewInput{InstanceId: in, Name: text("v"), Status: types.ViewStatusSaved, Content: content})
	refused("CreateView again", "DuplicateResourceException", err)
	_, err = c.CreateView(ctx, &connect.CreateViewInput{InstanceId: in, Name: text("w"), Status: "LIVE", Content: content})
	refused("CreateView with another status", "InvalidParameterException", err)
	version, err := c.CreateViewVersion(ctx, &connect.CreateViewVersionInput{InstanceId: in, ViewId: view.Arn, ViewContentSha256: view.ViewContentSha256})
	must("CreateViewVersion", err)
	if version.View.Version != 1 {
		t.Errorf("the version is %d", version.View.Version)
	}
	_, err = c.CreateViewVersion(ctx, &connect.CreateViewVersionInput{InstanceId: in, ViewId: view.Arn, ViewContentSha256: text("0")})
	refused("CreateViewVersion with another hash", "InvalidRequestException", err)
	_, err = c.UpdateViewContent(ctx, &connect.UpdateViewContentInput{InstanceId: in, ViewId: view.Id, Status: types.ViewStatusSaved, Content: &types.ViewInputContent{}})
	must("UpdateViewContent", err)
	_, err = c.UpdateViewMetadata(ctx, &connect.UpdateViewMetadataInput{InstanceId: in, ViewId: view.Id, Description: text("d")})
	must("UpdateViewMetadata", err)
	_, err = c.UpdateViewMetadata(ctx, &connect.UpdateViewMetadataInput{InstanceId: in, ViewId: view.Id})
	refused("UpdateViewMetadata with nothing", "InvalidRequestException", err)
	for qualifier, template := range map[string]string{"": *content.Template, ":$LATEST": *content.Template, ":1": *content.Template, ":$SAVED": ""} {
		described, err := c.DescribeView(ctx, &connect.DescribeViewInput{InstanceId: in, ViewId: text(*view.Arn + qualifier)})
		must("DescribeView "+qualifier, err)
		if got := aws.ToString(described.View.Content.Template); got != template || aws.ToString(described.View.Description) != "d" {
			t.Errorf("%s: %q", qualifier, got)
		}
	}
	_, err = c.DescribeView(ctx, &connect.DescribeViewInput{InstanceId: in, ViewId: text("nobody")})
	refused("DescribeView", "ResourceNotFoundException", err)
	names := ""
	for pages := connect.NewListViewsPaginator(c, &connect.ListViewsInput{InstanceId: in, MaxResults: aws.Int32(4)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		must("ListViews", err)
		for _, v := range page.ViewsSummaryList {
			names += *v.Name + " "
		}
	}
	if names != "Cards Confirmation Detail Form List v " {
		t.Errorf("the views are %s", names)
	}
	versions, err := c.ListViewVersions(ctx, &connect.ListViewVersionsInput{InstanceId: in, ViewId: view.Id})
	must("ListViewVersions", err)
	found, err := c.SearchViews(ctx, &connect.SearchViewsInput{InstanceId: in, SearchCriteria: &types.ViewSearchCriteria{ViewTypeCondition: types.ViewTypeCustomerManaged}})
	must("SearchViews", err)
	if len(versions.ViewVersionSummaryList) != 1 || aws.ToInt64(found.ApproximateTotalCount) != 1 {
		t.Errorf("%d versions; found %d", len(versions.ViewVersionSummaryList), aws.ToInt64(found.ApproximateTotalCount))
	}
	_, err = c.DeleteViewVersion(ctx, &connect.DeleteViewVersionInput{InstanceId: in, ViewId: view.Id, ViewVersion: aws.Int32(1)})
	must("DeleteViewVersion", err)
	_, err = c.DeleteViewVersion(ctx, &connect.DeleteViewVersionInput{InstanceId: in, ViewId: view.Id, ViewVersion: aws.Int32(1)})
	refused("DeleteViewVersion", "ResourceNotFoundException", err)
	_, err = c.DeleteView(ctx, &connect.DeleteViewInput{InstanceId: in, ViewId: view.Arn})
	must("DeleteView", err)
	_, err = c.DeleteView(ctx, &connect.DeleteViewInput{InstanceId: in, ViewId: text("form")})
	refused("DeleteView of Amazon Connect's own", "InvalidRequestException", err)
}
