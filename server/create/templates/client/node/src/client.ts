import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { reasonOf } from "@countersign/sdk";
import { createNodeTransport } from "@countersign/sdk/node";
import { GreetService } from "../gen/greet/v1/greet_pb.js";
import { PROTOCOL } from "./protocol.ts";
import { openSession } from "./session.ts";
import { setting } from "./setting.ts";

await using session = await openSession();
const transport = createNodeTransport({ baseUrl: setting("ADDRESS"), session, ...PROTOCOL });
const greeter = createClient(GreetService, transport);

console.log((await greeter.greet({ greeting: "Hello" })).text);

// The role that it needs is missing.
try {
  await greeter.announce({ text: "Lunch" });
} catch (error) {
  console.log(Code[ConnectError.from(error).code], reasonOf(error));
}
