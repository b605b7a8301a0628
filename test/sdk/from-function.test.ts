import { createSession, fromFunction, isSessionError } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { startApiServer } from "./api-server.ts";
import { settle, until } from "./kit.ts";
import { readStream } from "./open-stream.ts";

const LIFETIME_MS = 60_000;

/** A token with these claims. Nobody checks its signature here. */
function jwt(claims: object): string {
  return ["{}", JSON.stringify(claims), "signature"]
    .map((part) => Buffer.from(part).toString("base64url"))
    .join(".");
}

const ADA = { iss: "https://login.example", sub: "ada" };
const CASES: readonly {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly isAnother: boolean;
}[] = [
  { name: "another subject", before: jwt(ADA), after: jwt({ ...ADA, sub: "bob?>~ü" }), isAnother: true },
  {
    name: "another issuer",
    before: jwt(ADA),
    after: jwt({ ...ADA, iss: "https://other.example" }),
    isAnother: true,
  },
  {
    name: "another session of the same",
    before: jwt({ ...ADA, sid: "1" }),
    after: jwt({ ...ADA, sid: "2" }),
    isAnother: false,
  },
  { name: "an opaque token", before: jwt(ADA), after: "opaque", isAnother: false },
  { name: "opaque tokens", before: "opaque-1", after: "opaque-2", isAnother: false },
  { name: "what only looks like a JWT", before: "a.bnVsbA.c", after: "a.b.c", isAnother: false },
];

test.each(CASES)(
  "a function that answers with $name: streams and calls go on only under one account",
  async ({ before, after, isAnother }) => {
    await using api = await startApiServer();
    const clock = createFakeClock();
    let token = before;
    let gate = Promise.resolve();
    const source = fromFunction(async () => {
      await gate;
      return token;
    });
    await using session = createSession({ baseUrl: api.baseUrl, source, clock });
    const notes = api.clientOf(session);
    const stream = await readStream(api, session);
    token = after;
    clock.advance(LIFETIME_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const waiting = notes.getNote({ id: "1" }).catch((error: unknown) => error);
    await until(() => session.getSnapshot().refreshing);
    resolve();
    expect(isSessionError(await waiting, "SIGNED_OUT")).toBe(isAnother);
    await settle();
    expect(isSessionError(stream.error(), "SIGNED_OUT")).toBe(isAnother);
    await notes.getNote({ id: "2" });
    expect(api.tokensSeen).toEqual(isAnother ? [before, after] : [before, after, after]);
  },
);
