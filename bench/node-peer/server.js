// The comparison of the benchmark: the usual way to write this proxy in Node,
// kept as short and as quick as Express and the AWS SDK allow. One client for all
// requests, no logging, no work that Parley does not do as well.
import process from "node:process";
import express from "express";
import cors from "cors";
import { ConnectClient, StartChatContactCommand } from "@aws-sdk/client-connect";

const { PORT = "3000", ENDPOINT, AWS_REGION = "us-east-1" } = process.env;

const client = new ConnectClient({ region: AWS_REGION, ...(ENDPOINT && { endpoint: ENDPOINT }) });

const app = express();
app.disable("x-powered-by");
app.use(cors());
app.use(express.json({ type: () => true, limit: "64kb" }));

app.post("/startChatContact", async (request, response) => {
  const { ParticipantDetails, Attributes, customerName, ...members } = request.body;
  const displayName = ParticipantDetails?.DisplayName ?? customerName ?? "Customer";
  try {
    const result = await client.send(
      new StartChatContactCommand({
        ...members,
        ParticipantDetails: { DisplayName: displayName },
        Attributes: { customerName: displayName, ...Attributes },
      }),
    );
    response.json({ data: { startChatResult: result } });
  } catch (error) {
    const statusCode = error.$metadata?.httpStatusCode ?? 502;
    response.status(statusCode).json({ data: { Error: { name: error.name, message: error.message, statusCode } } });
  }
});

const server = app.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
