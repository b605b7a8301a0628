import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import { listen } from "../../server/node/src/listener.ts";
import { createEchoAuth } from "../support/echo-server.ts";
import { echoService } from "../support/echo-service.ts";
import { notEmpty } from "../support/not-empty.ts";
import { createSigningKey, signToken } from "../support/tokens.ts";

const service = echoService({ Call: { policy: { access: Access.AUTHENTICATED } } });
const key = createSigningKey("ES256", "key-1");
const issuers = [{ issuer: "https://issuer.example", keys: { jwks: { keys: [key.jwk] } } }];

describe("listen asks option decide of createAuth, with the fast path for unary calls and without", () => {
  const answers = {
    "a yes": { decide: async () => true, status: 200 },
    "a yes at once": { decide: () => true, status: 200 },
    "a no": { decide: async () => false, status: 403 },
    "a no at once": { decide: () => false, status: 403 },
    "a failure": { decide: () => Promise.reject(new Error("down")), status: 503 },
  };
  const cases = Object.entries(answers).flatMap(([name, answer]) =>
    [true, false].map((unaryFastPath) => ({ name, unaryFastPath, ...answer })),
  );

  test.each(notEmpty(cases))(
    "$name, fast path: $unaryFastPath",
    async ({ decide, status, unaryFastPath }) => {
      const { auth } = createEchoAuth(service, { issuers, decide });
      const listener = await listen(buildRequestListener({ ...auth, unaryFastPath }));
      const response = await fetch(`${listener.origin}/test.v1.EchoService/Call`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${signToken(key)}` },
        body: "{}",
      });
      await listener.close(0);
      expect(response.status).toBe(status);
    },
  );
});
