import { Code } from "@connectrpc/connect";
import { SignalService } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { expect, test } from "vitest";
import type { IssuerSignal } from "../../../server/gate/src/kernel/observe.ts";
import { clientSecret } from "../../../server/gate/src/signals/client-secret.ts";
import { findOwnerId } from "../../../server/gate/src/streams/owner-id.ts";
import { clientOf } from "../../support/rpc.ts";
import { createRandomName, startAdapter, startHub, startListening } from "./own-servers.ts";

test("two servers of one's own refuse what the issuer revokes, and end its streams, also after the hub was away", async () => {
  await using hub = await startHub();
  const errors: unknown[] = [];
  await using signals = hub.signals({ onError: (error) => void errors.push(error) });
  await using listening = await startListening(hub.url, { signals });
  await using adapter = await startAdapter(hub.url, { signals });
  await Promise.all([listening.auth.ready, adapter.auth.ready]);
  const [revoked, kept] = [await hub.signIn(), await hub.signIn()];
  const streams = [listening, adapter].map(({ watch }) => watch(revoked.token));
  for (const server of [listening, adapter]) {
    await server.call(revoked.token);
  }
  for (const stream of streams) {
    await stream.next();
  }
  const ends = streams.map((stream) => stream.next());
  await hub.issuer.revocations.revoke({ sid: revoked.sessionId });
  for (const end of ends) {
    await expect(end).rejects.toMatchObject({ code: Code.Unauthenticated });
  }
  for (const server of [listening, adapter]) {
    await expect(server.call(revoked.token)).rejects.toMatchObject({ code: Code.Unauthenticated });
    await server.call(kept.token);
  }

  // What is revoked while the hub is away is known as soon as it is back.
  await hub.stop();
  await hub.issuer.revocations.revoke({ sid: kept.sessionId });
  await listening.call(kept.token);
  await hub.start();
  await expect.poll(() => listening.call(kept.token).catch(({ code }) => code)).toBe(Code.Unauthenticated);
  await expect(adapter.call(kept.token)).rejects.toMatchObject({ code: Code.Unauthenticated });
  expect(errors.filter((error) => !String(error).includes("cannot be reached"))).toEqual([]);
});

test("a client without the scope is told so, and a server that it is for takes no call", async () => {
  await using hub = await startHub();
  const { promise: told, resolve } = Promise.withResolvers<unknown>();
  const credential = clientSecret("reports", await hub.secretOf("reports", ["notes:read"]));
  await using signals = hub.signals({ credential, onError: resolve });
  await using server = await startListening(hub.url, { signals });
  expect(String(await told)).toContain("grant it scope signals:read");
  const { token } = await hub.signIn();
  await expect(server.call(token)).rejects.toMatchObject({ code: Code.Unavailable });
});

test("subjects are known by their hashes alone where the server asks for it", async () => {
  await using hub = await startHub();
  await using signals = hub.signals({ hashSubjects: true });
  await using server = await startListening(hub.url, { signals });
  await server.auth.ready;
  const { token } = await hub.signIn();
  await hub.issuer.revocations.revoke({ sub: "another" });
  await server.call(token);
  const { sub } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  const received: unknown[] = [];
  signals.onRevoked?.(({ records }) => received.push(records));
  await hub.issuer.revocations.revoke({ sub });
  await expect.poll(() => server.call(token).catch(({ code }) => code)).toBe(Code.Unauthenticated);
  expect(JSON.stringify(received)).not.toContain(sub);
});

test("streams whose rights the issuer changes are judged again on every server: those that still qualify lose nothing", async () => {
  await using hub = await startHub();
  await using signals = hub.signals({ hashSubjects: true });
  const kinds: string[] = [];
  const observe = { signalReceived: ({ kind }: IssuerSignal) => void kinds.push(kind) };
  await using editors = await startListening(hub.url, { signals, role: "editor", observe });
  await using anyone = await startAdapter(hub.url, { signals });
  await Promise.all([editors.auth.ready, anyone.auth.ready]);
  await hub.issuer.accounts.update("ada", { roles: ["editor"] });
  const { token } = await hub.signIn();
  const [ended, kept] = [editors.watch(token), anyone.watch(token)];
  await Promise.all([ended.next(), kept.next()]);
  const end = ended.next().catch(({ code, rawMessage }) => ({ code, rawMessage }));
  const rest = kept.next();
  await hub.issuer.accounts.update("ada", { roles: ["reader"] });
  const lacks = { code: Code.PermissionDenied, rawMessage: "the server does not allow this request" };
  expect(await end).toEqual(lacks);
  await expect(editors.watch(token).next()).rejects.toMatchObject(lacks);
  const going = () => anyone.auth.streams.findWhere(() => true).map(({ principal }) => principal.roles);
  await expect.poll(going).toEqual([["reader"]]);
  // What is given back is there again, also for the token of before.
  await hub.issuer.accounts.update("ada", { roles: ["editor"] });
  await expect
    .poll(() =>
      editors
        .watch(token)
        .next()
        .catch(({ code }) => code),
    )
    .toMatchObject({ done: false });
  await hub.issuer.accounts.update("ada", { scopes: [] });
  await expect(rest).rejects.toMatchObject({ code: Code.PermissionDenied });
  expect(new Set(kinds)).toEqual(new Set(["claims_change"]));
});

test("the feed itself ends for a client that loses its scope", async () => {
  await using hub = await startHub();
  const { promise: told, resolve } = Promise.withResolvers<unknown>();
  await using signals = hub.signals({ onError: resolve });
  await signals.ready;
  await hub.issuer.clients.update("billing", { scopes: [] });
  expect(String(await told)).toContain("it needs scope signals:read");
});

test("a stream is renewed for another server of the client, and for no other party", async () => {
  await using hub = await startHub();
  await using signals = hub.signals();
  await using server = await startListening(hub.url, { signals });
  await server.auth.ready;
  const [first, other] = [await hub.signIn(), await hub.signIn()];
  const streamId = createRandomName();
  const stream = server.watch(first.token, streamId);
  await stream.next();
  // The other server, as the hub sees it.
  const another = clientOf(SignalService, { baseUrl: hub.url, token: await hub.signInClient() });
  const forward = (accessToken: string) =>
    another.forwardRenewal({
      serverId: createRandomName(),
      audience: "billing",
      streams: [{ streamId, owner: findOwnerId() }],
      accessToken,
    });
  expect(await forward(first.token)).toMatchObject({ renewed: [{ streamId }], refused: false });
  expect(await forward(other.token)).toMatchObject({ renewed: [], refused: true });
  expect(await forward("forged")).toMatchObject({ renewed: [], refused: true });
});
