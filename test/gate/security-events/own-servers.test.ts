import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { createLogoutReceiver } from "../../../server/gate/src/connect/create-logout-receiver.ts";
import type { SharedSignalsOptions } from "../../../server/gate/src/connect/shared-signals-options.ts";
import { clientSecret } from "../../../server/gate/src/signals/client-secret.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import {
  CAEP,
  type EventTransmitter,
  RISC,
  STREAM_ID,
  startEventTransmitter,
} from "../../support/event-transmitter.ts";
import { eventually } from "../../support/eventually.ts";
import { clientOf } from "../../support/rpc.ts";
import { signToken } from "../../support/tokens.ts";
import { issuerKey } from "./receiving.ts";

const AUDIENCE = "https://ledger.example.com/events";

/** Start a server that trusts an issuer whose events the transmitter sends. */
async function startGate(transmitter: EventTransmitter, signals: Partial<SharedSignalsOptions>) {
  const issuers = [
    {
      issuer: transmitter.origin,
      keys: { jwks: { keys: [issuerKey.jwk] } },
      sharedSignals: { audiences: [AUDIENCE], transmitter: transmitter.name, ...signals },
    },
  ];
  const verified: string[] = [];
  const logouts = createLogoutReceiver({
    issuers,
    observe: { logoutReceived: ({ event, result }) => void verified.push(`${event} ${result}`) },
    onWarning: () => {},
  });
  const auth = createAuth({
    audience: "ledger",
    issuers,
    logouts,
    routes: (router) =>
      router.service(NotesService, {
        async *watchNotes(_, { signal }) {
          yield {};
          await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        },
      }),
  });
  const listener = await listen(buildRequestListener({ ...auth, endpoints: logouts.endpoints }));
  return {
    baseUrl: listener.origin,
    issuer: transmitter.origin,
    eventsUrl: `${listener.origin}/security-events`,
    streams: auth.streams,
    verified,
    async [Symbol.asyncDispose]() {
      await logouts.close();
      await listener.close(0);
    },
  };
}

type Gate = Awaited<ReturnType<typeof startGate>>;

/** Open a stream of a session, and say later how it has ended. */
async function open({ baseUrl, issuer }: Gate, sub: string, sid: string) {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const times = { iat: nowSeconds - 1, exp: nowSeconds + 600 };
  const claims = {
    iss: issuer,
    aud: "ledger",
    sub,
    sid,
    jti: `${sub} ${sid}`,
    client_id: "app",
    scope: "notes:read",
  };
  const token = signToken(issuerKey, { ...claims, ...times });
  const events = clientOf(NotesService, { baseUrl, protocol: "grpc", token }).watchNotes({});
  const iterator = events[Symbol.asyncIterator]();
  await iterator.next();
  return { ended: iterator.next().then(() => undefined, reasonOf) };
}

test("an event ends the streams that it names on two servers of one's own, by push and by poll, or has them judged again, and no others", async () => {
  await using transmitter = await startEventTransmitter(AUDIENCE);
  await using pushed = await startGate(transmitter, { push: { authorization: "Bearer of-the-push" } });
  await using polled = await startGate(transmitter, {
    poll: { url: `${transmitter.name}/poll` },
    streamId: STREAM_ID,
    client: { credential: clientSecret("receiver", "of-the-client") },
  });
  const gates = [pushed, polled];
  const [first, second, bobs] = await Promise.all(
    [
      ["ada", "s-1"],
      ["ada", "s-2"],
      ["bob", "s-3"],
    ].map(([sub = "", sid = ""]) => Promise.all(gates.map((gate) => open(gate, sub, sid)))),
  );
  const send = async (token: string) => {
    transmitter.publish(token);
    return transmitter.push(pushed.eventsUrl, token, { authorization: "Bearer of-the-push" });
  };
  const ends = (streams: typeof first) => Promise.all((streams ?? []).map(({ ended }) => ended));
  const REVOKED = ["SESSION_REVOKED", "SESSION_REVOKED"];

  const session = { format: "opaque", id: "s-1" };
  const ada = { format: "iss_sub", iss: transmitter.origin, sub: "ada" };
  const one = transmitter.sign({
    type: `${CAEP}session-revoked`,
    subject: { format: "complex", session, user: ada },
  });
  expect((await send(one)).status).toBe(202);
  expect(await ends(first)).toEqual(REVOKED);
  expect(gates.map(({ streams }) => streams.size)).toEqual([2, 2]);

  expect((await send(transmitter.sign({ type: `${RISC}account-disabled`, subject: ada }))).status).toBe(202);
  expect(await ends(second)).toEqual(REVOKED);
  expect(gates.map(({ streams }) => streams.size)).toEqual([1, 1]);

  // The stream of events was verified at start, and all that came by it is acknowledged.
  await eventually(() => transmitter.waiting === 0 || undefined);
  expect(transmitter.verifications.map(({ stream_id }) => stream_id)).toEqual([STREAM_ID]);
  expect(transmitter.grants).toEqual(["grant_type=client_credentials&scope=ssf.manage+ssf.read"]);
  expect(polled.verified).toContain("verification ignored");
  expect(transmitter.refused).toEqual(new Map());
  const bob = { format: "iss_sub", iss: transmitter.origin, sub: "bob" };
  const change = async (scope: string) => {
    const { status } = await send(
      transmitter.sign({ type: `${CAEP}token-claims-change`, event: { claims: { scope } }, subject: bob }),
    );
    expect(status).toBe(202);
  };
  await change("notes:read notes:write");
  await eventually(() => transmitter.waiting === 0 || undefined);
  expect(gates.map(({ streams }) => streams.size)).toEqual([1, 1]);
  await change("notes:write");
  expect(await ends(bobs)).toEqual(["INSUFFICIENT_SCOPE", "INSUFFICIENT_SCOPE"]);
});
