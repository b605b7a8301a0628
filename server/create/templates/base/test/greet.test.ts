import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { createAuth } from "@countersign/server";
import { createTestIssuer, expectDenied } from "@countersign/server/testing";
import { GreetService } from "../gen/greet/v1/greet_pb.js";
import { routes } from "../src/routes.ts";

// An issuer for the tests alone, whose keys are in memory.
const issuer = await createTestIssuer({ audience: "greeter" });
const auth = createAuth({ routes, issuers: [issuer.trust], audience: "greeter" });
const anonymous = createClient(GreetService, createRouterTransport(auth.routes));

test("who may call what is what it was: change this list when you change the proto", () => {
  const inventory = auth.policyTable.entries.map(({ method, policy }) => ({
    method: `${method.parent.typeName}/${method.name}`,
    access: policy.access,
    roles: policy.roles,
  }));
  assert.deepEqual(inventory, [
    { method: "greet.v1.GreetService/Announce", access: "authenticated", roles: ["admin"] },
    { method: "greet.v1.GreetService/Greet", access: "authenticated", roles: [] },
  ]);
});

test("a call without a token is refused", async () => {
  await expectDenied(anonymous.greet({ greeting: "Hello" }), "TOKEN_MISSING");
});

test("a call with a token is greeted", async () => {
  const ada = await issuer.asPrincipal(anonymous, { subject: "ada" });
  assert.equal((await ada.greet({ greeting: "Hello" })).text, "Hello, ada");
});

test("only admins make announcements", async () => {
  const user = await issuer.asPrincipal(anonymous);
  await expectDenied(user.announce({ text: "Lunch" }), "POLICY_DENIED");
  const admin = await issuer.asPrincipal(anonymous, { roles: ["admin"] });
  await admin.announce({ text: "Lunch" });
});
