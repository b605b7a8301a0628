import { createHmac } from "node:crypto";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { RevocationDimension, SignalService } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { readDimension, toRevokedTokens } from "@countersign/server/internal";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { encodeRevocations } from "../../../server/issuer/src/signals/encode-revocations.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { clientOf, signIn } from "../../support/rpc.ts";
import { ADA } from "../create-issuer/own-issuer.ts";
import { type SignalServer, startSignalServer, textOf, watch } from "./signal-server.ts";

let server: SignalServer;
let client: Client<typeof SignalService>;
beforeAll(async () => {
  server = await startSignalServer();
  client = await server.connect();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const codeOf = (error: unknown) => ConnectError.from(error).code;

it("a watcher that knows nothing gets everything, then what is new, and goes on behind its cursor", async () => {
  await server.issuer.revocations.revoke({ sid: "a" });
  let cursor: bigint;
  let epoch: string;
  {
    await using first = watch(client);
    const begin = await first.until("begin");
    expect(begin).toMatchObject({ isSnapshot: true });
    ({ epoch } = begin);
    expect(await first.values()).toEqual(["a"]);
    await server.issuer.revocations.revoke({ sid: "b" });
    const { revocations, cursor: behind } = await first.until("revocations");
    expect(revocations).toMatchObject([{ dimension: 1, match: { case: "value", value: "b" } }]);
    await first.until("alive");
    cursor = first.cursor;
    expect(cursor).toBe(behind);
  }
  await server.issuer.revocations.revoke({ sid: "c" });
  await using second = watch(client, { epoch, after: cursor });
  expect(await second.until("begin")).toMatchObject({ epoch, isSnapshot: false });
  expect((await second.until("revocations")).revocations.map(textOf)).toEqual(["c"]);
  // A cursor of another history, or one that was made up, is no place in this one.
  for (const other of notEmpty([
    { epoch: "another", after: cursor },
    { epoch, after: cursor + 1n },
    { epoch, after: 2n ** 63n },
  ])) {
    await using third = watch(client, other);
    expect(await third.until("begin")).toMatchObject({ isSnapshot: true });
    expect(await third.values()).toEqual(expect.arrayContaining(["a", "b", "c"]));
  }
});

it("subjects go as hashes to a watcher that asks for that, and a UUID as its bytes", async () => {
  await using hashed = watch(client, { hashSubjects: true });
  await using plain = watch(client);
  const { subjectKey } = await hashed.until("begin");
  await Promise.all([hashed.until("alive"), plain.until("alive")]);
  const uuid = "5f0c6f5e-1b1a-4f3e-9a55-0f2f5f5f5f5f";
  await server.issuer.revocations.revoke({ sub: "usr_ada", issuer: "https://other.example" });
  await server.issuer.revocations.revoke({ jti: uuid });
  const bytes = Buffer.from(uuid.replaceAll("-", ""), "hex");
  const hash = createHmac("sha256", subjectKey).update("usr_ada").digest().subarray(0, 16);
  const read = async (watching: typeof plain) => [...(await watching.values()), ...(await watching.values())];
  expect(await read(hashed)).toEqual([hash.toString("hex"), bytes.toString("hex")]);
  expect(await read(plain)).toEqual(["usr_ada", bytes.toString("hex")]);
});

it("what a newer release goes by is sent as what covers every token", () => {
  const revoked = {
    dimension: readDimension("email"),
    value: "ada@a.test",
    beforeMs: undefined,
    expiresAtMs: 1,
  };
  const { kind } = encodeRevocations([revoked], 1n, { issuer: "https://a.test" });
  // Its value may be that of a subject, which a watcher may not learn of.
  expect(kind.value).toMatchObject({
    revocations: [{ dimension: RevocationDimension.UNSPECIFIED, match: { case: undefined } }],
  });
});

it("tokens without a session are revoked by a hash of their subject, where subjects go as hashes", () => {
  const tokens = toRevokedTokens({ dimension: "sub", value: "usr_ada", withoutSession: true });
  const sentTo = (hashSubject?: (subject: string) => Uint8Array) => {
    const revoked = { ...tokens, beforeMs: undefined, expiresAtMs: 1 };
    return encodeRevocations([revoked], 1n, { issuer: "https://a.test", hashSubject }).kind.value;
  };
  expect(sentTo()).toMatchObject({ revocations: [{ match: { case: "value", value: "\u0001usr_ada" } }] });
  expect(sentTo((subject) => new TextEncoder().encode(`hash of ${subject}`))).toMatchObject({
    revocations: [
      {
        dimension: RevocationDimension.SUB,
        match: { case: "valueHash", value: new TextEncoder().encode("hash of usr_ada") },
      },
    ],
  });
});

it("a key that is withdrawn is among them", async () => {
  await using watching = watch(client);
  await watching.until("alive");
  // Not the one that the token of the watcher is signed with: its call would end.
  const key = (await server.issuer.keys.list()).find(({ state }) => state === "next");
  await server.issuer.keys.compromise(key?.kid ?? "");
  const { revocations } = await watching.until("revocations");
  expect(revocations).toMatchObject([
    { dimension: 5, issuer: server.issuer.url, match: { case: "value", value: key?.kid } },
  ]);
});

it("a watcher that reads JSON gets the same", async () => {
  await server.issuer.revocations.revoke({ sid: "json" });
  const token = await server.signIn();
  const transport = createConnectTransport({
    baseUrl: server.baseUrl,
    httpVersion: "1.1",
    useBinaryFormat: false,
    interceptors: [
      (next) => (req) => {
        req.header.set("authorization", `Bearer ${token}`);
        return next(req);
      },
    ],
  });
  await using watching = watch(createClient(SignalService, transport));
  expect(await watching.values()).toContain("json");
});

test.each(
  notEmpty([
    { who: "a client without the scope", scopes: ["notes:read"], code: Code.PermissionDenied },
    { who: "a client with it", scopes: ["signals:read"], code: undefined },
  ]),
)("$who", async ({ who, scopes, code }) => {
  const other = await server.connect(who.replaceAll(" ", "-"), scopes);
  await using watching = watch(other);
  expect(await watching.until("begin").then(() => undefined, codeOf)).toBe(code);
});

it("a user is refused who has the scope", async () => {
  const { issuer, baseUrl } = server;
  await issuer.accounts.create({ ...ADA, scopes: ["signals:read"] });
  const { accessToken } = await signIn(baseUrl, ADA);
  const user = clientOf(SignalService, { baseUrl, token: accessToken });
  await using refused = watch(user);
  expect(await refused.until("begin").catch(codeOf)).toBe(Code.PermissionDenied);
});

it("a server that stops has its watchers go on elsewhere, and ends their calls", async () => {
  const served: string[] = [];
  const observe = { feedServed: ({ kind }: { readonly kind: string }) => void served.push(kind) };
  await using stopping = await startSignalServer({ observe });
  await using watching = watch(await stopping.connect());
  await watching.until("alive");
  stopping.shutDown();
  await watching.until("drain");
  await expect(watching.until("alive")).rejects.toThrow("the feed has ended");
  expect(served).toEqual(["watch", "snapshot", "watch_end"]);
});
