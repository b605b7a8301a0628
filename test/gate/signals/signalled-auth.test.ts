import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import {
  AnswerRenewalRequestSchema,
  ForwardRenewalRequestSchema,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { describe, expect, test } from "vitest";
import type { AuthOptions } from "../../../server/gate/src/connect/auth-options.ts";
import { findOwnerId } from "../../../server/gate/src/streams/owner-id.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createSigningKey, goodClaims, signToken } from "../../support/tokens.ts";
import { contextOf, decisionOf, issuer, issuerKey } from "../connect/fixtures.ts";
import { recordingLease } from "../streams/fixtures.ts";
import { ofSubject, principalOf, settle, setUpSignals } from "./signalled.ts";

const SERVER = { serverId: findOwnerId() };
const service = echoService({ Call: { policy: { access: Access.AUTHENTICATED } } });
const ada = { scope: "notes:read", sid: "ses_ada" };

/** A server of one's own that goes by signals. */
async function setUp(options: Partial<AuthOptions> = {}) {
  const signalled = await setUpSignals();
  const streams = createStreamRegistry();
  const { signals } = signalled;
  const echo = createEchoAuth(service, { issuers: [issuer], streams, signals, ...options });
  await settle();
  const call = async (claims: Readonly<Record<string, unknown>> = {}) => {
    const authorization = `Bearer ${signToken(issuerKey, goodClaims({ ...ada, ...claims }))}`;
    const context = contextOf(methodOf(service, "Call"), { authorization });
    return (await decisionOf(echo.auth.requestGate, context))?.reason ?? "passed";
  };
  /** A stream of the principal that a token of hers makes. */
  const open = (letter: string, claims: Readonly<Record<string, unknown>> = {}) => {
    const { sub, sid, client_id: clientId } = goodClaims({ ...ada, ...claims });
    const names = { subject: String(sub), sessionId: String(sid), clientId: String(clientId) };
    const lease = recordingLease(letter.repeat(22), { ...principalOf(names.subject), ...names, scopes: [] });
    streams.add(lease);
    return lease;
  };
  return { ...signalled, ...echo, call, open };
}

describe("a server with signals", () => {
  test("takes calls once all is known, and then refuses what is revoked and ends its streams", async () => {
    const { auth, hubs, last, call, open } = await setUp();
    let isReady = false;
    void auth.ready.then(() => {
      isReady = true;
    });
    const [mine, others] = [open("a"), open("b", { sub: "usr_eve" })];
    expect([await call(), isReady]).toEqual(["AUTH_UNAVAILABLE", false]);
    hubs.begin(last());
    await settle();
    expect([await call(), isReady]).toEqual(["passed", true]);
    last()?.say({ case: "revocations", value: { cursor: 1n, revocations: [ofSubject("usr_ada")] } });
    await settle();
    expect([await call(), await call({ sub: "usr_eve" })]).toEqual(["SESSION_REVOKED", "passed"]);
    expect([mine.ends.map(({ reason }) => reason), others.ends]).toEqual([["SESSION_REVOKED"], []]);
  });

  test("says its audience to the hub, also when it is created later", async () => {
    const { hubs, signals } = await setUp();
    expect(hubs.watches.map(({ request }) => request.audience)).toEqual([issuer.issuer, "ledger"]);
    expect(hubs.watches.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    // A second server of the process shares what is known.
    createEchoAuth(service, { issuers: [issuer], signals, audience: "vault" });
    await settle();
    expect(hubs.watches).toHaveLength(2);
  });

  test("does not pass over an identifier that it does not understand: it may be revoked", async () => {
    const { hubs, last, call } = await setUp();
    hubs.begin(last());
    await settle();
    expect(await call({ sid: 7 })).toBe("TOKEN_INVALID");
  });

  test("warns of what makes the signals less safe", async () => {
    const { signals } = await setUpSignals({
      insecure: { failOpen: true, allowHttpHosts: ["auth:8080"] },
    });
    const { warnings } = createEchoAuth(service, { issuers: [issuer], signals });
    expect(warnings).toEqual([
      "signals: revoked tokens are accepted while no hub answers",
      "signals: auth:8080 is asked over http, unprotected: the secret of the client can be read on the way",
    ]);
  });

  for (const { what, signals } of notEmpty([
    { what: "undefined, as a variable that is not set", signals: undefined },
    { what: "something else", signals: {} },
  ])) {
    test(`does not start with signals that are ${what}`, () => {
      expect(() => createEchoAuth(service, { issuers: [issuer], ...({ signals } as object) })).toThrow(
        "createAuth: signals",
      );
    });
  }
});

describe("renewals through a hub", () => {
  test("reach the streams of a server, which verifies the token itself, and answers", async () => {
    const { hubs, last, open } = await setUp();
    hubs.begin(last());
    const lease = open("a");
    const accessToken = signToken(issuerKey, goodClaims(ada));
    const streamIds = ["a", "b"].map((letter) => letter.repeat(22));
    last()?.say({ case: "renewal", value: { renewalId: "r1", streamIds, accessToken } });
    await expect.poll(() => hubs.answers).toHaveLength(1);
    expect(lease.renewals).toHaveLength(1);
    expect(hubs.answers).toEqual([
      create(AnswerRenewalRequestSchema, {
        ...SERVER,
        renewalId: "r1",
        renewed: [{ streamId: "a".repeat(22), expiresIn: durationFromMs(600_000) }],
        absentStreamIds: ["b".repeat(22)],
      }),
    ]);
  });

  for (const { what, token } of notEmpty([
    { what: "forged", token: () => signToken(createSigningKey("ES256", "key-1"), goodClaims(ada)) },
    { what: "another subject's", token: () => signToken(issuerKey, goodClaims({ ...ada, sub: "usr_eve" })) },
    { what: "for another audience", token: () => signToken(issuerKey, goodClaims({ ...ada, aud: "x" })) },
    { what: "none", token: () => "" },
  ])) {
    test(`are refused with a token that is ${what}`, async () => {
      const { hubs, last, open } = await setUp();
      hubs.begin(last());
      const lease = open("a");
      const streamIds = ["a".repeat(22)];
      last()?.say({ case: "renewal", value: { renewalId: "r1", streamIds, accessToken: token() } });
      await expect.poll(() => hubs.answers).toHaveLength(1);
      expect(lease.renewals).toEqual([]);
      expect(hubs.answers).toMatchObject([{ refused: true, absentStreamIds: streamIds, renewed: [] }]);
    });
  }

  for (const audience of notEmpty(["ledger", "vault"])) {
    test(`are for the server that takes the token, of two in the process: ${audience}`, async () => {
      const { signals, hubs, last, open } = await setUp();
      const streams = createStreamRegistry();
      createEchoAuth(service, { issuers: [issuer], signals, streams, audience: "vault" });
      hubs.begin(last());
      const lease = open("a");
      streams.add(lease);
      const accessToken = signToken(issuerKey, goodClaims({ ...ada, aud: audience }));
      const streamIds = ["a", "b"].map((letter) => letter.repeat(22));
      last()?.say({ case: "renewal", value: { renewalId: "r1", streamIds, accessToken } });
      await expect.poll(() => hubs.answers).toHaveLength(1);
      expect(lease.renewals).toHaveLength(1);
      expect(hubs.answers).toMatchObject([{ refused: false, absentStreamIds: [streamIds[1]] }]);
      const by = { principal: principalOf("usr_ada"), accessToken };
      await signals.renew([{ streamId: "b".repeat(22) }], by);
      expect(hubs.forwarded.map((request) => request.streams)).toMatchObject([[{ streamId: streamIds[1] }]]);
    });
  }

  test("are asked for with the owner of each stream, and not for those of this process", async () => {
    const { signals, hubs, last } = await setUp();
    hubs.begin(last());
    await settle();
    hubs.next.renewal = () => ({
      renewed: [{ streamId: "b".repeat(22), expiresIn: durationFromMs(60_000) }],
      endedStreamIds: ["c".repeat(22)],
      unknownStreamIds: ["d".repeat(22)],
    });
    const accessToken = signToken(issuerKey, goodClaims(ada));
    const owners = [findOwnerId(), "w".repeat(22), undefined, undefined];
    const refs = ["a", "b", "c", "d"].map((letter, index) => ({
      streamId: letter.repeat(22),
      owner: owners[index],
    }));
    expect(await signals.renew(refs, { principal: principalOf("usr_ada"), accessToken })).toEqual({
      renewed: [{ streamId: "b".repeat(22), expiresInMs: 60_000 }],
      ended: ["c".repeat(22)],
      unknown: ["a".repeat(22), "d".repeat(22)],
    });
    expect(hubs.forwarded).toEqual([
      create(ForwardRenewalRequestSchema, {
        ...SERVER,
        audience: "ledger",
        streams: refs.slice(1).map(({ streamId, owner }) => ({ streamId, owner: owner ?? "" })),
        accessToken,
      }),
    ]);
  });

  for (const { what, renewal, reason } of notEmpty([
    { what: "a stream of another party", renewal: () => ({ refused: true }), reason: "POLICY_DENIED" },
    {
      what: "a hub that fails",
      renewal: () => {
        throw new ConnectError("down", Code.Unavailable);
      },
      reason: "AUTH_UNAVAILABLE",
    },
  ])) {
    test(`fail with ${reason} for ${what}`, async () => {
      const { signals, hubs, last } = await setUp();
      hubs.begin(last());
      await settle();
      hubs.next.renewal = renewal;
      const by = { principal: principalOf("ada"), accessToken: signToken(issuerKey, goodClaims(ada)) };
      await expect(signals.renew([{ streamId: "b".repeat(22) }], by)).rejects.toMatchObject({ reason });
    });
  }

  test("cannot be asked for while no hub is watched", async () => {
    const { signals } = await setUp();
    const by = { principal: principalOf("ada"), accessToken: signToken(issuerKey, goodClaims(ada)) };
    await expect(signals.renew([{ streamId: "b".repeat(22) }], by)).rejects.toMatchObject({
      reason: "AUTH_UNAVAILABLE",
    });
  });
});
