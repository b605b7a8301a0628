import type { HandlerContext } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { claimsOf } from "../../../server/gate/src/connect/claims-of.ts";
import { createFetchHandler } from "../../../server/gate/src/connect/create-fetch-handler.ts";
import { createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { echoService } from "../../support/echo-service.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { Claims } from "../authorize/order-file.ts";
import { issuer, issuerKey } from "./fixtures.ts";

const service = echoService({
  Call: { policy: { access: Access.AUTHENTICATED } },
  Optional: { policy: { access: Access.OPTIONAL } },
  Public: { policy: { access: Access.PUBLIC } },
});

/** Call a method whose handler reads the claims of its caller. */
async function call(name: string, claims?: Record<string, unknown>) {
  const seen: unknown[] = [];
  const answer = (ctx: HandlerContext): string => {
    seen.push(claimsOf(ctx, Claims));
    return "";
  };
  const { auth, errors } = createEchoAuth(service, {
    issuers: [issuer],
    routes: echoRoutes(service, answer),
  });
  const token =
    claims === undefined ? {} : { authorization: `Bearer ${signToken(issuerKey, goodClaims(claims))}` };
  const serve = createFetchHandler(auth);
  const send = () =>
    serve(
      new Request(`https://app.example/test.v1.EchoService/${name}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...token },
        body: "{}",
      }),
    );
  const { status } = await send();
  await send();
  return { status, seen, errors };
}

describe("claimsOf", () => {
  test("returns the claims of the token in a message, each by the name of its claim", async () => {
    const { seen } = await call("Call", {
      "https://acme.com/tenant": "acme",
      level: 3,
      staff: true,
      groups: ["ops", "dev"],
      home_address: { name: "Home", age: 7, other: 1 },
      people: [{ name: "ada" }],
      since: "2026-01-01T00:00:00Z",
      labels: { k: "v" },
      tenant: "other",
    });
    expect(seen[0]).toMatchObject({
      $typeName: "test.v1.Claims",
      tenant: "acme",
      level: 3,
      staff: true,
      groups: ["ops", "dev"],
      home: { name: "Home", age: 7 },
      people: [{ name: "ada" }],
      since: { seconds: 1_767_225_600n },
      labels: { k: "v" },
    });
  });

  test("leaves out what is absent or of another form, and takes the rest", async () => {
    const { seen, status } = await call("Call", {
      level: "three",
      groups: "ops",
      home_address: [],
      staff: true,
    });
    expect(status).toBe(200);
    expect(seen[0]).toMatchObject({ tenant: "", level: 0, groups: [], staff: true });
    expect(seen[0]).not.toHaveProperty("home.name");
  });

  test("returns one message, frozen, for all calls of a token", async () => {
    const { seen } = await call("Call", { groups: ["ops"], home_address: { name: "Home" } });
    expect(seen[0]).toBe(seen[1]);
    const { groups, home } = seen[0] as { groups: object; home: object };
    expect([seen[0], groups, home].every(Object.isFrozen)).toBe(true);
  });

  test("throws on a PUBLIC method, and on an OPTIONAL one without a token", async () => {
    const open = await call("Public", { level: 3 });
    expect([open.status, open.seen]).toEqual([500, []]);
    expect(String(open.errors[0])).toContain("a public method has no principal");
    expect(await call("Optional")).toMatchObject({ status: 401, seen: [], errors: [] });
    expect(await call("Optional", { level: 3 })).toMatchObject({
      status: 200,
      seen: [{ level: 3 }, { level: 3 }],
    });
  });
});
