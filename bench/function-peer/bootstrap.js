// The comparison of the benchmark: the production endpoint as it is usually written for Node,
// with version 2 of the AWS SDK, in as few words as it takes. One client for all invocations,
// no logging. The loop around the handler is what Lambda's own runtime does (AWS Lambda Runtime
// API, version 2018-06-01).
import http from "node:http";
import process from "node:process";
import Connect from "aws-sdk/clients/connect.js";

const { AWS_LAMBDA_RUNTIME_API, ENDPOINT, INSTANCE_ID, CONTACT_FLOW_ID } = process.env;

const connect = new Connect({ endpoint: ENDPOINT });

const headers = {
  "Content-Type": "application/json",
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "Content-Type",
};

async function handler(event) {
  const body = JSON.parse(event.body);
  const name = body.ParticipantDetails.DisplayName;
  try {
    const startChatResult = await connect
      .startChatContact({
        InstanceId: body.InstanceId ?? INSTANCE_ID,
        ContactFlowId: body.ContactFlowId ?? CONTACT_FLOW_ID,
        Attributes: { customerName: name },
        ParticipantDetails: { DisplayName: name },
      })
      .promise();
    return { statusCode: 200, headers, body: JSON.stringify({ data: { startChatResult } }) };
  } catch (error) {
    return { statusCode: error.statusCode ?? 502, headers, body: JSON.stringify({ data: { Error: error } }) };
  }
}

const [host, port] = AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ id: response.headers["lambda-runtime-aws-request-id"], text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

try {
  for (;;) {
    const { id, text } = await call("GET", "next");
    if (id === undefined) break;
    await call("POST", `${id}/response`, JSON.stringify(await handler(JSON.parse(text))));
  }
} catch (error) {
  if (error.code !== "ECONNREFUSED" && error.code !== "ECONNRESET") throw error;
}
