import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NoteEventSchema, NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import type { RevokedPrincipals } from "@countersign/server";
import { createAuth } from "@countersign/server";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import { quantile } from "../run/rounds.ts";
import { createStallWatch } from "../run/stalls.ts";
import { usedBytes } from "../run/used-bytes.ts";

/** The servers that hold streams. */
export type StreamServerName = "countersign" | "connect-no-auth";

const SERVERS: Readonly<Record<StreamServerName, (keys: PublicKeys) => Promise<number>>> = {
  async countersign({ jwks }) {
    const auth = createAuth({
      routes,
      issuers: [{ issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks } }],
      audience: AUDIENCE,
      clockToleranceSeconds: 0,
      revocations: {
        isRevoked: () => false,
        onRevoked(listener) {
          revoke = listener;
          return () => undefined;
        },
      },
      observe: {
        streamEnded: ({ lateMs }) => (lateMs === undefined ? undefined : void lateness.push(lateMs)),
      },
    });
    return (await listen(buildRequestListener(auth))).address.port;
  },
  async "connect-no-auth"() {
    const server = createServer(connectNodeAdapter({ routes })).listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  },
};

/** Ends the streams of principals, as the revocations of a server do. */
let revoke: (revoked: RevokedPrincipals) => void = () => undefined;

/** How long after its deadline each stream was ended, in milliseconds. */
const lateness: number[] = [];

const event = create(NoteEventSchema, { sequence: 1n, note: { id: "note", title: "x".repeat(64) } });

/** The memory that was used when these messages of a stream were handled. */
let samples: { at: readonly number[]; bytes: number[] } = { at: [], bytes: [] };

function onMessage(count: number): void {
  if (samples.at.includes(count)) {
    samples.bytes.push(usedBytes());
  }
}

/** What every side serves. */
function routes(router: ConnectRouter): void {
  router.service(NotesService, {
    /** Sends as many messages as it is asked for, then rests until the call is over; at 0, one. */
    async *watchNotes({ afterSequence: count }, { signal }) {
      for (let sent = 1; sent <= count; sent += 1) {
        onMessage(sent);
        yield event;
      }
      if (count > 0n) {
        return;
      }
      yield event;
      await once(signal, "abort");
    },
    async importNotes(requests) {
      let created = 0;
      for await (const _ of requests) {
        created += 1;
        onMessage(created);
      }
      return { created };
    },
  });
}

const stalls = createStallWatch();

answerParent({
  start: ({ name, keys }: { readonly name: StreamServerName; readonly keys: PublicKeys }) =>
    SERVERS[name](keys),
  usedBytes,
  sampleAt(at: readonly number[]) {
    samples = { at, bytes: [] };
  },
  /** How many bytes the memory grew by from the first sample to the last. */
  growth: () => (samples.bytes.at(-1) ?? Number.NaN) - (samples.bytes[0] ?? Number.NaN),
  cpuMicroseconds: () => process.cpuUsage().user + process.cpuUsage().system,
  watchStalls: () => stalls.watch(),
  takeStalls: () => stalls.take(),
  /** @returns when every stream was revoked, and how many milliseconds the server took for the call */
  revokeAll() {
    const [atMs, startMs] = [Date.now(), performance.now()];
    revoke({ matches: () => true });
    return { atMs, tookMs: performance.now() - startMs };
  },
  takeLateness() {
    const sorted = lateness.splice(0).sort((a, b) => a - b);
    return {
      count: sorted.length,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      max: sorted.at(-1),
    };
  },
});
