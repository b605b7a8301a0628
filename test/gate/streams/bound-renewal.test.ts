import { randomBytes } from "node:crypto";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { expect, test, vi } from "vitest";
import { onPrincipalChange, principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { holdTime } from "../../support/fake-time.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createProofKey, signProof, thumbprintOf } from "../../support/proofs.ts";
import { clientOf } from "../../support/rpc.ts";
import type { SigningKey } from "../../support/tokens.ts";
import { type StreamServer, startStreamServer, tokenFor } from "./stream-server.ts";

holdTime();

const LIFE_MS = 60_000;
const PUBLIC_URL = "https://api.example.com";
const WATCH = "/countersign.demo.v1.NotesService/WatchNotes";
const RENEW = "/countersign.auth.v1.StreamService/Renew";
const [own, other] = [createProofKey(), createProofKey()];

const boundToken = (key: SigningKey, lifeMs: number, jti: string) =>
  tokenFor(lifeMs, { jti, cnf: { jkt: thumbprintOf(key) } });

const prove = (key: SigningKey, token: string, path: string) =>
  signProof(key, { token, claims: { htu: PUBLIC_URL + path, iat: Math.floor(Date.now() / 1_000) } });

const sending = (fields: Readonly<Record<string, string>>): Interceptor => {
  return (next) => (req) => {
    for (const [name, value] of Object.entries(fields)) {
      req.header.set(name, value);
    }
    return next(req);
  };
};

function startServer(): Promise<StreamServer> {
  return startStreamServer(
    {
      async *watchNotes(_, ctx) {
        let wake: () => void = () => {};
        onPrincipalChange(ctx, () => wake());
        while (!ctx.signal.aborted) {
          const changed = new Promise<void>((resolve) => {
            wake = resolve;
          });
          yield { note: { title: principalOf(ctx).tokenId ?? "" } };
          await changed;
        }
      },
    },
    { publicUrls: [PUBLIC_URL] },
  );
}

test("the stream of a bound token is renewed by who has its key, and goes on whatever a thief sends", async () => {
  await using server = await startServer();
  const token = boundToken(own, LIFE_MS, "first");
  const opening = { authorization: `DPoP ${token}`, dpop: prove(own, token, WATCH) };
  const streamId = randomBytes(16).toString("base64url");
  const watching = { ...server, protocol: "grpc", interceptors: [sending(opening)] } as const;
  const headers = { "countersign-stream-id": streamId };
  const events = clientOf(NotesService, watching).watchNotes({}, { headers })[Symbol.asyncIterator]();
  expect((await events.next()).value?.note?.title).toBe("first");
  const renew = (fields: Readonly<Record<string, string>>) =>
    clientOf(StreamService, { ...server, interceptors: [sending(fields)] }).renew({ streamIds: [streamId] });

  const fresh = boundToken(own, 2 * LIFE_MS, "second");
  const foreign = boundToken(other, 2 * LIFE_MS, "foreign");
  const thieves = notEmpty([
    ["the token as a bearer token", { authorization: `Bearer ${fresh}` }, "TOKEN_INVALID"],
    ["no proof", { authorization: `DPoP ${fresh}` }, "DPOP_PROOF_INVALID"],
    [
      "the proof of another key",
      { authorization: `DPoP ${fresh}`, dpop: prove(other, fresh, RENEW) },
      "DPOP_PROOF_INVALID",
    ],
    [
      "the proof that opened the stream",
      { authorization: `DPoP ${token}`, dpop: opening.dpop },
      "DPOP_PROOF_INVALID",
    ],
    [
      "a token of the same session that is bound to another key",
      { authorization: `DPoP ${foreign}`, dpop: prove(other, foreign, RENEW) },
      "POLICY_DENIED",
    ],
    [
      "a token of the same session that is bound to none",
      { authorization: `Bearer ${tokenFor(2 * LIFE_MS, { jti: "unbound" })}` },
      "POLICY_DENIED",
    ],
  ] as const);
  for (const [what, fields, reason] of thieves) {
    const refused = await renew(fields).catch((error: unknown) => reasonOf(error));
    expect([what, refused, server.streams.size]).toEqual([what, reason, 1]);
  }

  const good = { authorization: `DPoP ${fresh}`, dpop: prove(own, fresh, RENEW) };
  expect((await renew(good)).streams.map((renewed) => renewed.streamId)).toEqual([streamId]);
  expect((await events.next()).value?.note?.title).toBe("second");
  expect(await renew(good).catch((error: unknown) => reasonOf(error))).toBe("DPOP_PROOF_INVALID");
  vi.advanceTimersByTime(LIFE_MS + 1_000);
  expect(server.streams.size).toBe(1);
  const ending = events.next().catch((error: unknown) => ConnectError.from(error));
  vi.advanceTimersByTime(LIFE_MS);
  const ended = await ending;
  expect(reasonOf(ended)).toBe("STREAM_EXPIRED");
  const challenge = ended instanceof ConnectError ? ended.metadata.get("www-authenticate") : null;
  expect(challenge).toMatch(/^DPoP realm="countersign", error="invalid_token", .* algs="ES256 /);
});
