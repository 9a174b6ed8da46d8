package sdk_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/aws-sdk-go-v2/service/connect/types"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
)

// The generated client creates, reads, changes and deletes the resources that an instance keeps, and its
// own errors are what refuses it.
func TestResourcesOfAnInstance(t *testing.T) {
	environment(t)
	embedded, address := startEmbedded(t, emulator.Config{Ephemeral: true})
	c := connectAt(address)
	ctx, in, text := t.Context(), aws.String(emulator.DefaultInstanceID), aws.String
	slice := func(hour int32) *types.HoursOfOperationTimeSlice {
		return &types.HoursOfOperationTimeSlice{Hours: &hour, Minutes: aws.Int32(0)}
	}
	open := []types.HoursOfOperationConfig{{Day: types.HoursOfOperationDaysMonday, StartTime: slice(9), EndTime: slice(17)}}
	hours, err := c.CreateHoursOfOperation(ctx, &connect.CreateHoursOfOperationInput{InstanceId: in, Name: text("h"), TimeZone: text("UTC"), Config: open})
	must(t, "CreateHoursOfOperation", err)
	_, err = c.CreateHoursOfOperation(ctx, &connect.CreateHoursOfOperationInput{InstanceId: in, Name: text("h"), TimeZone: text("UTC"), Config: open})
	refuses(t, "CreateHoursOfOperation again", "DuplicateResourceException", err)
	override, err := c.CreateHoursOfOperationOverride(ctx, &connect.CreateHoursOfOperationOverrideInput{
		InstanceId: in, HoursOfOperationId: hours.HoursOfOperationId, Name: text("o"), Config: []types.HoursOfOperationOverrideConfig{},
		EffectiveFrom: text("2026-12-21"), EffectiveTill: text("2026-12-21"),
	})
	must(t, "CreateHoursOfOperationOverride", err)
	days, err := c.GetEffectiveHoursOfOperations(ctx, &connect.GetEffectiveHoursOfOperationsInput{
		InstanceId: in, HoursOfOperationId: hours.HoursOfOperationId, FromDate: text("2026-12-21"), ToDate: text("2026-12-28"),
	})
	must(t, "GetEffectiveHoursOfOperations", err)
	if all := days.EffectiveHoursOfOperationList; len(all) != 8 || len(all[0].OperationalHours) != 0 || len(all[7].OperationalHours) != 1 {
		t.Errorf("the effective hours are %+v", all)
	}
	_, err = c.DescribeHoursOfOperationOverride(ctx, &connect.DescribeHoursOfOperationOverrideInput{
		InstanceId: in, HoursOfOperationId: hours.HoursOfOperationId, HoursOfOperationOverrideId: override.HoursOfOperationOverrideId,
	})
	must(t, "DescribeHoursOfOperationOverride", err)

	queue, err := c.CreateQueue(ctx, &connect.CreateQueueInput{InstanceId: in, Name: text("q"), HoursOfOperationId: hours.HoursOfOperationId, Tags: map[string]string{"a": "b"}})
	must(t, "CreateQueue", err)
	_, err = c.CreateQueue(ctx, &connect.CreateQueueInput{InstanceId: in, Name: text("r"), HoursOfOperationId: text("nobody")})
	refuses(t, "CreateQueue without hours", "ResourceNotFoundException", err)
	_, err = c.UpdateQueueMaxContacts(ctx, &connect.UpdateQueueMaxContactsInput{InstanceId: in, QueueId: queue.QueueId, MaxContacts: aws.Int32(-1)})
	refuses(t, "UpdateQueueMaxContacts", "InvalidParameterException", err)
	_, err = c.UpdateQueueStatus(ctx, &connect.UpdateQueueStatusInput{InstanceId: in, QueueId: queue.QueueId, Status: types.QueueStatusDisabled})
	must(t, "UpdateQueueStatus", err)
	described, err := c.DescribeQueue(ctx, &connect.DescribeQueueInput{InstanceId: in, QueueId: queue.QueueArn})
	must(t, "DescribeQueue", err)
	if q := described.Queue; q.Status != types.QueueStatusDisabled || q.LastModifiedTime == nil || q.Tags["a"] != "b" {
		t.Errorf("the queue is %+v", q)
	}
	names := ""
	for pages := connect.NewListQueuesPaginator(c, &connect.ListQueuesInput{InstanceId: in, MaxResults: aws.Int32(1)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		must(t, "ListQueues", err)
		names += *page.QueueSummaryList[0].Name + " "
	}
	if names != "Default q " {
		t.Errorf("the queues are %s", names)
	}

	profile, err := c.CreateRoutingProfile(ctx, &connect.CreateRoutingProfileInput{
		InstanceId: in, Name: text("p"), Description: text("d"), DefaultOutboundQueueId: queue.QueueId,
		MediaConcurrencies: []types.MediaConcurrency{{Channel: types.ChannelChat, Concurrency: aws.Int32(2)}},
		QueueConfigs: []types.RoutingProfileQueueConfig{{
			QueueReference: &types.RoutingProfileQueueReference{QueueId: queue.QueueId, Channel: types.ChannelChat}, Priority: aws.Int32(1), Delay: aws.Int32(0),
		}},
	})
	must(t, "CreateRoutingProfile", err)
	security, err := c.ListSecurityProfiles(ctx, &connect.ListSecurityProfilesInput{InstanceId: in})
	must(t, "ListSecurityProfiles", err)
	user, err := c.CreateUser(ctx, &connect.CreateUserInput{
		InstanceId: in, Username: text("ann"), Password: text("Secret123"), RoutingProfileId: profile.RoutingProfileId,
		SecurityProfileIds: []string{*security.SecurityProfileSummaryList[1].Id},
	})
	must(t, "CreateUser", err)
	if a, err := embedded.Desk().Agent(*user.UserId); err != nil || a.Name != "ann" || a.Capacity != 2 {
		t.Errorf("at the desk is %+v, %v", a, err)
	}
	_, err = c.UpdateUserConfig(ctx, &connect.UpdateUserConfigInput{
		InstanceId: in, UserId: user.UserId, AutoAcceptConfigs: []types.AutoAcceptConfig{{Channel: types.ChannelChat, AutoAccept: true}},
	})
	must(t, "UpdateUserConfig", err)
	if a, err := embedded.Desk().Agent("ann"); err != nil || !a.AutoAccept {
		t.Errorf("after UpdateUserConfig the desk has %+v, %v", a, err)
	}
	off := false
	_, err = embedded.Desk().Change("ann", desk.AgentChange{AutoAccept: &off})
	must(t, "the desk's switch", err)
	ann, err := c.DescribeUser(ctx, &connect.DescribeUserInput{InstanceId: in, UserId: user.UserId})
	must(t, "DescribeUser", err)
	if all := ann.User.AutoAcceptConfigs; len(all) != 1 || all[0].Channel != types.ChannelChat || all[0].AutoAccept {
		t.Errorf("after the desk's switch the user has %+v", all)
	}
	lunch, err := c.CreateAgentStatus(ctx, &connect.CreateAgentStatusInput{InstanceId: in, Name: text("Lunch"), State: types.AgentStatusStateEnabled})
	must(t, "CreateAgentStatus", err)
	_, err = c.PutUserStatus(ctx, &connect.PutUserStatusInput{InstanceId: in, UserId: user.UserArn, AgentStatusId: lunch.AgentStatusARN})
	must(t, "PutUserStatus", err)
	if a, err := embedded.Desk().Agent("ann"); err != nil || a.State != desk.Away || a.Status != "Lunch" {
		t.Errorf("after PutUserStatus the desk has %+v, %v", a, err)
	}
	_, err = c.PutUserStatus(ctx, &connect.PutUserStatusInput{InstanceId: in, UserId: user.UserId, AgentStatusId: text("nobody")})
	refuses(t, "PutUserStatus without a status", "ResourceNotFoundException", err)
	_, err = c.DeleteRoutingProfile(ctx, &connect.DeleteRoutingProfileInput{InstanceId: in, RoutingProfileId: profile.RoutingProfileId})
	var used *types.ResourceInUseException
	if !errors.As(err, &used) || aws.ToString(used.ResourceId) != *profile.RoutingProfileId {
		t.Errorf("DeleteRoutingProfile: %v", err)
	}
	prompt, err := c.CreatePrompt(ctx, &connect.CreatePromptInput{InstanceId: in, Name: text("p"), S3Uri: text("s3://bucket/p.wav")})
	must(t, "CreatePrompt", err)
	_, err = c.DeletePrompt(ctx, &connect.DeletePromptInput{InstanceId: in, PromptId: prompt.PromptId})
	must(t, "DeletePrompt", err)
	_, err = c.DescribePrompt(ctx, &connect.DescribePromptInput{InstanceId: in, PromptId: prompt.PromptId})
	refuses(t, "DescribePrompt", "ResourceNotFoundException", err)
	_, err = c.DescribeContactFlowModuleAlias(ctx, &connect.DescribeContactFlowModuleAliasInput{InstanceId: in, ContactFlowModuleId: text("m"), AliasId: text("a")})
	refuses(t, "DescribeContactFlowModuleAlias", "ResourceNotFoundException", err)
}
