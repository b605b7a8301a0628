import process from "node:process";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { liveOnce } from "./use-session.ts";

// The SDK's entry for Node, which speaks gRPC over HTTP/2, on any runtime that has Node's modules.
const baseUrl = process.argv[2] ?? "";
const session = createSession({ baseUrl });
process.stdout.write(`${await liveOnce(session, createNodeTransport({ baseUrl, session }))}\n`);
process.exit();
