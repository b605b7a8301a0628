import { create } from "@bufbuild/protobuf";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { RefreshRequestSchema } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { describe, expect, test } from "vitest";
import { createEchoAuth } from "../../../support/echo-server.ts";
import { echoService, methodOf } from "../../../support/echo-service.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { issuer } from "../fixtures.ts";

const { PUBLIC, AUTHENTICATED } = Access;
const service = echoService({
  Optional: { policy: { access: Access.OPTIONAL } },
  Owner: { policy: { access: AUTHENTICATED, rule: "request.text == principal.subject" } },
  Plain: { policy: { access: AUTHENTICATED } },
  Public: { policy: { access: PUBLIC } },
});
const METHOD = "test.v1.EchoService";

describe("what is no call", () => {
  const wrong = {
    "a method that is not served": [
      { method: `${METHOD}/Ownr` },
      'explain: this server serves no method "test.v1.EchoService/Ownr": did you mean test.v1.EchoService/Owner?',
    ],
    "a method by the name of a prototype": [
      { method: "__proto__" },
      'explain: this server serves no method "__proto__"; it has test.v1.EchoService/Optional, test.v1.EchoService/Owner, ' +
        "test.v1.EchoService/Plain, test.v1.EchoService/Public",
    ],
    "a method of another server": [
      { method: methodOf(echoService({ Plain: { policy: { access: PUBLIC } } }), "Plain") },
      "explain: the method is none that this server serves",
    ],
    "a field that the message does not have": [
      { method: `${METHOD}/Owner`, message: { txt: "a" } },
      'explain: message is no JSON of test.v1.Echo: cannot decode message test.v1.Echo from JSON: key "txt" is unknown',
    ],
    "text that is no JSON": [
      { method: `${METHOD}/Owner`, message: "{text" },
      "explain: message is no JSON of test.v1.Echo: ",
    ],
    "another message": [
      { method: `${METHOD}/Owner`, message: create(RefreshRequestSchema) },
      "explain: the method takes a test.v1.Echo, and message is a countersign.auth.v1.RefreshRequest",
    ],
    "a token that is no text": [
      { method: `${METHOD}/Owner`, token: 7 },
      "explain: token must be text, or undefined for a call without one, and is number",
    ],
    "a time that is none": [
      { method: `${METHOD}/Owner`, nowMs: Number.NaN },
      "explain: nowMs must be a number of milliseconds since 1970, and is NaN",
    ],
    "keys that are none": [
      { method: `${METHOD}/Owner`, jwks: [] },
      "explain: jwks must be a JWK Set: { keys: [ … ] }",
    ],
    "an option that there is not": [
      { method: `${METHOD}/Owner`, mesage: {} },
      "explain has no option mesage: did you mean message?",
    ],
  } as const;
  test.each(notEmpty(Object.entries(wrong)))(
    "%s is a mistake, and named",
    async (_name, [options, message]) => {
      const { auth } = createEchoAuth(service, { issuers: [issuer] });
      const explain = auth.explain as (options: unknown) => Promise<unknown>;
      const rejected = explain(options);
      await expect(rejected).rejects.toThrow(TypeError);
      await expect(rejected).rejects.toThrow(message);
    },
  );
});
