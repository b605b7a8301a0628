import { execFileSync } from "node:child_process";
import { symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import type { SessionEvent } from "@countersign/sdk";
import { createSession } from "@countersign/sdk";
import { fromFile } from "@countersign/sdk/node";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { pass, settle } from "../kit.ts";

const baseUrl = "https://api.example";
const MINUTE_MS = 60_000;

function jwt(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
}

function tokenOf(
  name: string,
  lifetimeMs = 60 * MINUTE_MS,
  account: object = { iss: "https://k8s", sub: "system:a" },
) {
  return jwt({ ...account, jti: name, exp: Math.floor((Date.now() + lifetimeMs) / 1000) });
}

async function withFile(run: (path: string) => Promise<void>): Promise<void> {
  await using folder = await createTemporaryFolder();
  await run(join(folder.path, "token"));
}

test("a session takes the token of the file, and a minute later the one that has replaced it", () =>
  withFile(async (path) => {
    const clock = createFakeClock();
    await using session = createSession({ baseUrl, source: fromFile(path), clock });
    const [first, second] = [tokenOf("1"), tokenOf("2")];
    await writeFile(path, `${first}\n`);
    expect(await session.token()).toBe(first);
    await writeFile(path, second);
    expect(await session.token()).toBe(first);
    clock.advance(MINUTE_MS);
    expect(await session.token()).toBe(second);
    expect(session.getSnapshot()).toMatchObject({ status: "signed_in", generation: 2 });
  }));

test("a token that expires sooner is replaced sooner", () =>
  withFile(async (path) => {
    await writeFile(path, tokenOf("1", 21_000));
    const grant = await fromFile(path).acquire?.(new AbortController().signal);
    expect(grant?.lifetimeMs).toBeGreaterThan(10_000);
    expect(grant?.lifetimeMs).toBeLessThanOrEqual(21_000);
  }));

test("a file that is replaced through a link, as Kubernetes does it, is followed", () =>
  withFile(async (path) => {
    const source = fromFile(path);
    for (const name of ["1", "2"]) {
      await writeFile(`${path}-${name}`, name);
      await unlink(path).catch(() => undefined);
      await symlink(`${path}-${name}`, path);
      expect(await source()).toBe(name);
    }
  }));

test("a token of another account ends the session, and the next call begins one for that", () =>
  withFile(async (path) => {
    const clock = createFakeClock();
    await using session = createSession({ baseUrl, source: fromFile(path), clock });
    const events: SessionEvent[] = [];
    session.on((event) => events.push(event));
    await writeFile(path, tokenOf("1"));
    await session.token();
    const other = tokenOf("2", 60 * MINUTE_MS, { sub: "spiffe://acme.example/b" });
    await writeFile(path, other);
    clock.advance(MINUTE_MS);
    await expect(session.token()).rejects.toMatchObject({ reason: "SIGNED_OUT" });
    expect(await session.token()).toBe(other);
    await settle();
    expect(events.map(({ type }) => type)).toEqual(["signed_in", "signed_out", "signed_in"]);
  }));

const BAD_FILES = notEmpty([
  { name: "missing", make: () => Promise.resolve(), message: "cannot be read" },
  { name: "a directory", make: (path: string) => run("mkdir", path), message: "cannot be read" },
  { name: "a pipe without a writer", make: (path: string) => run("mkfifo", path), message: "cannot be read" },
  { name: "empty", make: (path: string) => writeFile(path, ""), message: "holds no token" },
  {
    name: "half a token and more",
    make: (path: string) => writeFile(path, "secret-1 secret-2"),
    message: "holds no token",
  },
  {
    name: "no text",
    make: (path: string) => writeFile(path, Buffer.from([0, 255, 10])),
    message: "holds no token",
  },
  {
    name: "too long",
    make: (path: string) => writeFile(path, "secret-1".repeat(10_000)),
    message: "is longer than 65536 bytes",
  },
  {
    name: "expired",
    make: (path: string) => writeFile(path, tokenOf("secret-1", -1_000)),
    message: "has expired: nothing replaces it, or the clock of this machine is wrong",
  },
]);

function run(program: string, path: string): Promise<void> {
  execFileSync(program, [path]);
  return Promise.resolve();
}

test.each(BAD_FILES)(
  "a file that is $name is tried again, and the error names the path alone",
  ({ make, message }) =>
    withFile(async (path) => {
      await make(path);
      const clock = createFakeClock();
      await using session = createSession({ baseUrl, source: fromFile(path), clock });
      const error: unknown = await session.token().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ reason: "REFRESH_UNAVAILABLE", cause: { kind: "transient" } });
      const text = inspect(error, { depth: 10 });
      expect(text).toContain(path);
      expect(text).toContain(message);
      expect(text).not.toContain("secret-");
      expect(session.getSnapshot().status).toBe("signed_out");
      // Once it is there, it is taken.
      execFileSync("rm", ["-rf", path]);
      await writeFile(path, tokenOf("1"));
      clock.advance(MINUTE_MS);
      expect(await session.token()).toBeTruthy();
    }),
);

test("a file that is gone while its token lasts ends no session", () =>
  withFile(async (path) => {
    const clock = createFakeClock();
    await using session = createSession({ baseUrl, source: fromFile(path), clock });
    await writeFile(path, tokenOf("1"));
    await session.token();
    await unlink(path);
    clock.advance(MINUTE_MS);
    expect(await pass(clock, session.token())).toMatchObject({ reason: { reason: "REFRESH_UNAVAILABLE" } });
    expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
  }));

const NO_PATHS = notEmpty([undefined, "", 3, null]);

test.each(NO_PATHS)("%j is no path", (path) => {
  // What a program without types may hand over: hence the cast.
  expect(() => fromFile(path as unknown as string)).toThrow(
    new TypeError("fromFile needs the path of a file"),
  );
});
