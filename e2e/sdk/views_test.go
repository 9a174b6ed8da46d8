package sdk_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/aws-sdk-go-v2/service/connect/types"

	"github.com/parley-chat/parley/internal/emulator"
)

// The generated client carries out the operations about views, and its own errors are what refuses them.
func TestRowB10Views(t *testing.T) {
	environment(t)
	_, address := startEmbedded(t, emulator.Config{Ephemeral: true})
	c := connectAt(address)
	ctx, in, text := t.Context(), aws.String(emulator.DefaultInstanceID), aws.String
	content := &types.ViewInputContent{Template: text(`{"Head":{},"Body":["$.Title"]}`), Actions: []string{"Next"}}
	made, err := c.CreateView(ctx, &connect.CreateViewInput{InstanceId: in, Name: text("v"), Status: types.ViewStatusPublished, Content: content})
	must(t, "CreateView", err)
	view := made.View
	if view.Type != types.ViewTypeCustomerManaged || view.CreatedTime == nil || view.LastModifiedTime == nil || !strings.Contains(*view.Content.InputSchema, "Title") {
		t.Errorf("the view is %+v", view)
	}
	_, err = c.CreateView(ctx, &connect.CreateViewInput{InstanceId: in, Name: text("v"), Status: types.ViewStatusSaved, Content: content})
	refuses(t, "CreateView again", "DuplicateResourceException", err)
	_, err = c.CreateView(ctx, &connect.CreateViewInput{InstanceId: in, Name: text("w"), Status: "LIVE", Content: content})
	refuses(t, "CreateView with another status", "InvalidParameterException", err)
	version, err := c.CreateViewVersion(ctx, &connect.CreateViewVersionInput{InstanceId: in, ViewId: view.Arn, ViewContentSha256: view.ViewContentSha256})
	must(t, "CreateViewVersion", err)
	if version.View.Version != 1 {
		t.Errorf("the version is %d", version.View.Version)
	}
	_, err = c.CreateViewVersion(ctx, &connect.CreateViewVersionInput{InstanceId: in, ViewId: view.Arn, ViewContentSha256: text("0")})
	refuses(t, "CreateViewVersion with another hash", "InvalidRequestException", err)
	_, err = c.UpdateViewContent(ctx, &connect.UpdateViewContentInput{InstanceId: in, ViewId: view.Id, Status: types.ViewStatusSaved, Content: &types.ViewInputContent{}})
	must(t, "UpdateViewContent", err)
	_, err = c.UpdateViewMetadata(ctx, &connect.UpdateViewMetadataInput{InstanceId: in, ViewId: view.Id, Description: text("d")})
	must(t, "UpdateViewMetadata", err)
	_, err = c.UpdateViewMetadata(ctx, &connect.UpdateViewMetadataInput{InstanceId: in, ViewId: view.Id})
	refuses(t, "UpdateViewMetadata with nothing", "InvalidRequestException", err)
	for qualifier, template := range map[string]string{"": *content.Template, ":$LATEST": *content.Template, ":1": *content.Template, ":$SAVED": ""} {
		described, err := c.DescribeView(ctx, &connect.DescribeViewInput{InstanceId: in, ViewId: text(*view.Arn + qualifier)})
		must(t, "DescribeView "+qualifier, err)
		if got := aws.ToString(described.View.Content.Template); got != template || aws.ToString(described.View.Description) != "d" {
			t.Errorf("%s: %q", qualifier, got)
		}
	}
	_, err = c.DescribeView(ctx, &connect.DescribeViewInput{InstanceId: in, ViewId: text("nobody")})
	refuses(t, "DescribeView", "ResourceNotFoundException", err)
	names := ""
	for pages := connect.NewListViewsPaginator(c, &connect.ListViewsInput{InstanceId: in, MaxResults: aws.Int32(4)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		must(t, "ListViews", err)
		for _, v := range page.ViewsSummaryList {
			names += *v.Name + " "
		}
	}
	if names != "Cards Confirmation Detail Form List v " {
		t.Errorf("the views are %s", names)
	}
	versions, err := c.ListViewVersions(ctx, &connect.ListViewVersionsInput{InstanceId: in, ViewId: view.Id})
	must(t, "ListViewVersions", err)
	found, err := c.SearchViews(ctx, &connect.SearchViewsInput{InstanceId: in, SearchCriteria: &types.ViewSearchCriteria{ViewTypeCondition: types.ViewTypeCustomerManaged}})
	must(t, "SearchViews", err)
	if len(versions.ViewVersionSummaryList) != 1 || aws.ToInt64(found.ApproximateTotalCount) != 1 {
		t.Errorf("%d versions; found %d", len(versions.ViewVersionSummaryList), aws.ToInt64(found.ApproximateTotalCount))
	}
	_, err = c.DeleteViewVersion(ctx, &connect.DeleteViewVersionInput{InstanceId: in, ViewId: view.Id, ViewVersion: aws.Int32(1)})
	must(t, "DeleteViewVersion", err)
	_, err = c.DeleteViewVersion(ctx, &connect.DeleteViewVersionInput{InstanceId: in, ViewId: view.Id, ViewVersion: aws.Int32(1)})
	refuses(t, "DeleteViewVersion", "ResourceNotFoundException", err)
	_, err = c.DeleteView(ctx, &connect.DeleteViewInput{InstanceId: in, ViewId: view.Arn})
	must(t, "DeleteView", err)
	_, err = c.DeleteView(ctx, &connect.DeleteViewInput{InstanceId: in, ViewId: text("form")})
	refuses(t, "DeleteView of Amazon Connect's own", "InvalidRequestException", err)
}
