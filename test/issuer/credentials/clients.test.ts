import { describe, expect, it } from "vitest";
import { matchesClientSecret } from "../../../server/issuer/src/credentials/client-secret.ts";
import { createClients, type NewClient } from "../../../server/issuer/src/credentials/clients.ts";
import { findClientIdBySubject } from "../../../server/issuer/src/store/client-subjects.ts";
import { findClient } from "../../../server/issuer/src/store/clients.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { createSigningKey } from "../../support/tokens.ts";

const billing: NewClient = {
  clientId: "billing",
  scopes: ["notes:read"],
  roles: [],
  grants: ["client_credentials"],
  mayIntrospect: false,
};

function start(store: Store) {
  const clock = createWallClock();
  const ended: unknown[] = [];
  const sessions = { end: async (end: unknown) => void ended.push(end) };
  const revocations = { revoke: async (order: unknown) => void ended.push(order) };
  const events: unknown[] = [];
  const audit = { record: (event: unknown) => void events.push(event) };
  const clients = createClients({ store, clock, sessions, revocations, audit });
  return { clock, ended, events, clients };
}

describeStores("clients", (open) => {
  it("get a secret of 256 bits that the store does not hold", async () => {
    await using store = await open();
    const { clients } = start(store);
    const { secret = "" } = await clients.create(billing);
    expect(secret).toMatch(/^css_[\w-]{43}$/);
    const record = await findClient(store, "billing");
    expect(JSON.stringify(record)).not.toContain(secret.slice(4));
    expect(matchesClientSecret(secret, { current: record?.secretHash, previous: undefined })).toBe(true);
  });

  it("are added once", async () => {
    await using store = await open();
    const { clients } = start(store);
    await clients.create(billing);
    await expect(clients.create(billing)).rejects.toThrow("there is a client with this identifier");
  });

  it("have two secrets after a rotation, and never three", async () => {
    await using store = await open();
    const { clients, clock } = start(store);
    const { secret: first } = await clients.create(billing);
    const { secret: second } = await clients.rotate("billing", { overlapMs: 1_000 });
    const record = await findClient(store, "billing");
    expect(record?.previousSecretExpiresAtMs).toBe(clock.nowMs() + 1_000);
    const held = { current: record?.secretHash, previous: record?.previousSecretHash };
    expect([first, second].map((secret) => matchesClientSecret(secret ?? "", held))).toEqual([true, true]);
    await clients.rotate("billing", { overlapMs: 1_000 });
    const later = await findClient(store, "billing");
    const heldLater = { current: later?.secretHash, previous: later?.previousSecretHash };
    expect([first, second].map((secret) => matchesClientSecret(secret ?? "", heldLater))).toEqual([
      false,
      true,
    ]);
  });

  it("may have keys instead, which take the secret's place at once", async () => {
    await using store = await open();
    const { clients } = start(store);
    await clients.create(billing);
    const { jwk } = createSigningKey("ES256", "k1");
    const { secret } = await clients.rotate("billing", {
      overlapMs: 1_000,
      jwks: JSON.stringify({ keys: [jwk] }),
    });
    expect(secret).toBeUndefined();
    expect(await findClient(store, "billing")).toMatchObject({
      secretHash: undefined,
      previousSecretHash: undefined,
      jwks: JSON.stringify({ keys: [jwk] }),
    });
  });

  it("have what they are changed to, and keep what is not named", async () => {
    await using store = await open();
    const { clients, ended, events } = start(store);
    const { client } = await clients.create(billing);
    const changed = await clients.update("billing", {
      ...{ scopes: ["notes:write", "notes:write"], grants: ["jwt-bearer"], mayIntrospect: true },
    });
    const now = { scopes: ["notes:write"], grants: ["jwt-bearer"], mayIntrospect: true };
    expect(changed).toEqual({ ...client, ...now });
    expect(await clients.update("billing", { roles: ["r"], scopes: [] })).toEqual({
      ...{ ...client, ...now, roles: ["r"], scopes: [] },
    });
    expect(ended).toEqual([]);
    expect(await clients.update("billing", { mayIntrospect: false, revokeTokens: true })).toMatchObject({
      ...{ mayIntrospect: false, roles: ["r"] },
    });
    expect(ended).toEqual([
      { where: { clientId: "billing" }, reason: "revoked_by_operator" },
      { issuer: "", clientId: "billing", reason: "revoked_by_operator" },
    ]);
    expect(await findClient(store, "billing")).toEqual((await clients.list())[0]);
    const types = ["client_added", "client_changed", "client_changed", "client_changed"];
    expect(events).toEqual(types.map((type) => ({ type, clientId: "billing" })));
  });

  it("have the claims that they are given, and no other of these once they are changed", async () => {
    await using store = await open();
    const { clients } = start(store);
    expect((await clients.create({ ...billing, claims: { tenant: "acme" } })).client.claims).toEqual({
      tenant: "acme",
    });
    expect((await clients.update("billing", { roles: ["r"] })).claims).toEqual({ tenant: "acme" });
    expect((await clients.update("billing", { claims: { level: 3 } })).claims).toEqual({ level: 3 });
    expect((await clients.find("billing"))?.claims).toEqual({ level: 3 });
    expect(await clients.find("nobody")).toBeUndefined();
    await expect(clients.update("billing", { claims: { client_id: "root" } })).rejects.toThrow(
      "the claim client_id",
    );
  });

  it("may be subjects of another issuer instead, and no other client is one of them", async () => {
    await using store = await open();
    const { clients } = start(store);
    const trust = { issuer: "https://k8s.example", subjects: ["system:a", "system:b", "system:a"] };
    const made = await clients.create({ ...billing, trust });
    expect(made).toMatchObject({
      secret: undefined,
      client: {
        trust: { ...trust, subjects: ["system:a", "system:b"] },
        secretHash: undefined,
        jwks: undefined,
      },
    });
    const idOf = (subject: string, issuer = trust.issuer) =>
      findClientIdBySubject(store, { issuer, subject });
    expect(await Promise.all([idOf("system:a"), idOf("system:b"), idOf("system:c")])).toEqual([
      ...["billing", "billing", undefined],
    ]);
    expect(await idOf("system:a", "https://other.example")).toBeUndefined();
    const second = { ...billing, clientId: "second" };
    const taken = { ...trust, subjects: ["system:c", "system:b"] };
    await expect(clients.create({ ...second, trust: taken })).rejects.toThrow(
      "another client is one of these",
    );
    expect(await findClient(store, "second")).toBeUndefined();
    expect(await idOf("system:c")).toBeUndefined();
    await clients.create(second);
    await expect(clients.rotate("second", { overlapMs: 0, trust: taken })).rejects.toThrow("another client");
    expect(await findClient(store, "second")).toMatchObject({
      secretHash: expect.any(String),
      trust: undefined,
    });
    await clients.rotate("billing", { overlapMs: 0, trust: { ...trust, subjects: ["system:d"] } });
    expect(await Promise.all([idOf("system:a"), idOf("system:d")])).toEqual([undefined, "billing"]);
    const { secret } = await clients.rotate("billing", { overlapMs: 0 });
    expect(secret).toMatch(/^css_/);
    expect(await idOf("system:d")).toBeUndefined();
    expect(await findClient(store, "billing")).toMatchObject({ trust: undefined });
  });

  it("are no subjects without a name, nor too many, nor that beside keys", async () => {
    await using store = await open();
    const { clients } = start(store);
    const { jwk } = createSigningKey("ES256", "k1");
    const subjects = Array.from({ length: 65 }, (_, index) => `s${index}`);
    for (const [bad, message] of [
      [{ trust: { issuer: "", subjects: ["s"] } }, "must be its exact name"],
      [{ trust: { issuer: "https://i.example", subjects: [] } }, "needs 1 to 64 subjects"],
      [{ trust: { issuer: "https://i.example", subjects } }, "needs 1 to 64 subjects"],
      [{ trust: { issuer: "https://i.example", subjects: ["a\nb"] } }, "needs 1 to 64 subjects"],
      [
        { trust: { issuer: "https://i.example", subjects: ["s"] }, jwks: JSON.stringify({ keys: [jwk] }) },
        "one of these only",
      ],
    ] as const) {
      await expect(clients.create({ ...billing, ...bad })).rejects.toThrow(message);
    }
    expect(await clients.list()).toEqual([]);
  });

  it("are not changed to what no client can be", async () => {
    await using store = await open();
    const { clients } = start(store);
    const { client } = await clients.create(billing);
    for (const [change, message] of [
      [{ scopes: ["two words"] }, "a scope or role must be"],
      [{ roles: [""] }, "a scope or role must be"],
      [{ grants: [] }, "a grant must be one of"],
      [{ grants: ["password"] }, "a grant must be one of"],
    ] as const) {
      await expect(clients.update("billing", change)).rejects.toThrow(message);
    }
    await expect(clients.update("nobody", { roles: ["r"] })).rejects.toThrow("there is no such client");
    expect(await clients.update("billing", {})).toEqual(client);
  });

  it("lose their tokens when they are disabled, and can be enabled again", async () => {
    await using store = await open();
    const { clients, ended, events } = start(store);
    await clients.create(billing);
    await clients.disable("billing");
    expect(ended).toEqual([
      { where: { clientId: "billing" }, reason: "client_disabled" },
      { issuer: "", clientId: "billing", reason: "client_disabled" },
    ]);
    expect((await findClient(store, "billing"))?.disabledAtMs).toBeGreaterThan(0);
    await clients.enable("billing");
    expect((await clients.list())[0]?.disabledAtMs).toBeUndefined();
    await expect(clients.disable("nobody")).rejects.toThrow("there is no such client");
    await clients.rotate("billing", { overlapMs: 0 });
    const types = ["client_added", "client_disabled", "client_enabled", "client_rotated"];
    expect(events).toEqual(types.map((type) => ({ type, clientId: "billing" })));
  });
});

describe("a client", () => {
  const { privateKey, jwk } = createSigningKey("ES256", "k1");
  const bad: readonly [string, Partial<NewClient>, string][] = [
    ["that looks like a user's subject", { clientId: "usr_ada" }, "must not begin with"],
    ["that looks like a client's subject", { clientId: "client_x" }, "must not begin with"],
    ["that looks like our own pages", { clientId: "countersign-first-party" }, "must not begin with"],
    ["with a space in its identifier", { clientId: "a b" }, "letters, digits"],
    ["with a quote in a scope", { scopes: ['a"b'] }, "a scope or role must be"],
    ["without a grant", { grants: [] }, "a grant must be one of"],
    ["with the password grant (RFC 9700 §2.4)", { grants: ["password"] }, "a grant must be one of"],
    [
      "whose key is private",
      { jwks: JSON.stringify(privateKey.export({ format: "jwk" })) },
      "must be public",
    ],
    ["whose key is a shared secret", { jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}' }, "must be public"],
    ["whose keys are none", { jwks: '{"keys":[]}' }, "none of the keys is usable"],
    ["whose keys are no JSON", { jwks: "{" }, "must be a JWK Set"],
    [
      "whose key is of a curve that is not allowed",
      { jwks: JSON.stringify({ ...jwk, crv: "P-384" }) },
      "usable",
    ],
  ];
  for (const [what, change, message] of bad) {
    it(`${what} is refused`, async () => {
      const { clients } = start({} as Store); // it is refused before the store is asked
      await expect(clients.create({ ...billing, ...change })).rejects.toThrow(message);
    });
  }
});
