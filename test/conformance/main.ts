import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { listen } from "../../server/node/src/listener.ts";
import { createGuardedHandler } from "./guarded-handler.ts";
import type { ServerRequest } from "./messages.ts";
import { createConformanceRoutes } from "./service.ts";
import { readSuite } from "./suite.ts";

// A server for the conformance suite of Connect: README.md says how to run it.

const { values } = parseArgs({
  options: { descriptors: { type: "string" }, "fast-path": { type: "string", default: "on" } },
});
if (values.descriptors === undefined) {
  throw new TypeError("--descriptors FILE is missing");
}

const suite = readSuite(values.descriptors);

// The suite writes one message, behind its length in four bytes, and wants one back in the same form.
const asked = readFileSync(process.stdin.fd).subarray(4);
const request = fromBinary(suite.message("ServerCompatRequest"), asked) as ServerRequest; // as its proto says
const { serverCreds: creds, clientTlsCert } = request;
const handler = createGuardedHandler(suite, {
  routes: createConformanceRoutes(suite),
  unaryFastPath: values["fast-path"] !== "off",
  readMaxBytes: request.messageReceiveLimit,
});
const tls =
  request.useTls && creds !== undefined
    ? {
        cert: Buffer.from(creds.cert),
        key: Buffer.from(creds.key),
        ...(clientTlsCert.length === 0 ? {} : { ca: Buffer.from(clientTlsCert) }),
      }
    : undefined;
const { address } = await listen(handler, tls === undefined ? {} : { tls });

const schema = suite.message("ServerCompatResponse");
const answer = toBinary(
  schema,
  create(schema, { ...address, ...(tls === undefined ? {} : { pemCert: tls.cert }) }),
);
const length = Buffer.alloc(4);
length.writeUInt32BE(answer.length);
process.stdout.write(Buffer.concat([length, answer]));
