"""A chat held with boto3, as a test of a backend would. Its argument is the server's address; it
prints what it saw as JSON."""

import json
import sys
import urllib.request

import boto3
import botocore.exceptions

made = dict(endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
connect = boto3.client("connect", **made)
participant = boto3.client("connectparticipant", **made)
instance = dict(InstanceId="11111111-1111-4111-8111-111111111111")
seen = {}


def refused(name, call, **members):
    try:
        call(**members)
        seen[name] = None
    except botocore.exceptions.ClientError as error:
        seen[name] = [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"], type(error).__name__]


started = connect.start_chat_contact(
    ContactFlowId="22222222-2222-4222-8222-222222222222", ParticipantDetails={"DisplayName": "Zoë"},
    Attributes={"topic": "orders"}, SupportedMessagingContentTypes=["text/plain", "text/markdown"], **instance)
contact = dict(ContactId=started["ContactId"], **instance)
opened = participant.create_participant_connection(
    ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"])
token = dict(ConnectionToken=opened["ConnectionCredentials"]["ConnectionToken"])
sent = participant.send_message(ContentType="text/markdown", Content="**grüezi** 👋", ClientToken="m1", **token)
participant.send_event(ContentType="application/vnd.amazonaws.connect.event.typing", **token)

upload = participant.start_attachment_upload(
    ContentType="text/csv", AttachmentSizeInBytes=4, AttachmentName="a.csv", ClientToken="a1", **token)
metadata = upload["UploadMetadata"]
put = urllib.request.Request(metadata["Url"], b"a,b\n", metadata["HeadersToInclude"], method="PUT")
urllib.request.urlopen(put).read()
participant.complete_attachment_upload(AttachmentIds=[upload["AttachmentId"]], ClientToken="a2", **token)
file = participant.get_attachment(AttachmentId=upload["AttachmentId"], **token)
seen["file"] = urllib.request.urlopen(file["Url"]).read().decode()

transcript = participant.get_transcript(ScanDirection="BACKWARD", SortOrder="ASCENDING", MaxResults=100, **token)["Transcript"]
seen["messages"] = [[item["Content"], item["DisplayName"]] for item in transcript if item["Type"] == "MESSAGE"]
seen["same"] = sent["Id"] in [item["Id"] for item in transcript]
seen["attachments"] = [part["Status"] for item in transcript for part in item.get("Attachments", [])]

connect.update_contact_attributes(InitialContactId=contact["ContactId"], Attributes={"topic": "returns"}, **instance)
seen["attributes"] = connect.get_contact_attributes(InitialContactId=contact["ContactId"], **instance)["Attributes"]["topic"]
described = connect.describe_contact(**contact)["Contact"]
seen["started"] = described["InitiationTimestamp"].tzinfo is not None  # a time, and no text
seen["flows"] = len(connect.get_paginator("list_contact_flows").paginate(**instance).build_full_result()["ContactFlowSummaryList"])

refused("flow", connect.start_chat_contact, ContactFlowId="arn:aws:lex:us-east-1:111122223333:bot/b",
        ParticipantDetails={"DisplayName": "Pat"}, **instance)
refused("stream", connect.start_contact_streaming, ClientToken="s", ChatStreamingConfiguration={
    "StreamingEndpointArn": "arn:aws:sns:us-east-1:111122223333:t.fifo"}, **contact)
refused("unemulated", connect.list_traffic_distribution_groups, **instance)
connect.stop_contact(**contact)
seen["ended"] = connect.describe_contact(**contact)["Contact"]["DisconnectTimestamp"] is not None
refused("late", participant.send_message, ContentType="text/plain", Content="late", **token)
seen["socket"] = opened["Websocket"]["Url"].split("?")[0].split(":")[0]
print(json.dumps(seen))
