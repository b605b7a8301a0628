import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFileStore, createSession } from "@countersign/sdk/node";
import { parseEntry } from "@countersign/sdk/store";
import { expect, test } from "vitest";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { DEMO } from "../kit.ts";
import { killRefreshing, startProcessServer } from "./processes.ts";

const PROCESSES = 20;

test("row 38: 20 processes and one that is killed while it refreshes get one successor", async () => {
  await using folder = await createTemporaryFolder();
  await using fixture = await startProcessServer();
  const directory = join(folder.path, "session");
  await killRefreshing(fixture, directory);
  expect(await readdir(directory)).toContain("refresh.lock");
  const programs = await fixture.start(PROCESSES, directory);
  fixture.go();
  for (const { ended } of programs) {
    const { stdout } = await ended;
    expect(JSON.parse(stdout)).toMatchObject({
      token: "access-2",
      status: "signed_in",
      generation: 2,
      degraded: false,
    });
  }
  expect(fixture.server.counts().rotations).toBe(1);
  expect((await readdir(directory)).length).toBe(1);
  expect((await createFileStore({ directory }).read())?.generation).toBe(2);
});

test("row 39: where nothing can be written the session lives in memory and is degraded", async () => {
  await using folder = await createTemporaryFolder();
  await using fixture = await startProcessServer();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  const store = createFileStore({ directory: join(file, "session") });
  const session = createSession({ baseUrl: fixture.baseUrl, store });
  await session.signIn(DEMO);
  expect(await session.token()).toBe("access-1");
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
  session.dispose();
});

test("files are for the owner only, and one version is left", async () => {
  await using folder = await createTemporaryFolder();
  await using fixture = await startProcessServer();
  const directory = join(folder.path, "deep", "session");
  const session = createSession({ baseUrl: fixture.baseUrl, store: createFileStore({ directory }) });
  await session.signIn(DEMO);
  await session.signOut();
  await session.signIn(DEMO);
  const names = await readdir(directory);
  expect(names).toEqual(["session-000000000003.json"]);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  const path = join(directory, "session-000000000003.json");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(parseEntry(await readFile(path, "utf8"))?.kind).toBe("signed_in");
  session.dispose();
});

test("a file that cannot be understood is the same as none", async () => {
  await using folder = await createTemporaryFolder();
  await using fixture = await startProcessServer();
  await mkdir(folder.path, { recursive: true });
  await writeFile(join(folder.path, "session-000000000007.json"), '{"version":1,"kind":"signed_in"');
  const store = createFileStore({ directory: folder.path });
  expect(await store.read()).toBeUndefined();
  const session = createSession({ baseUrl: fixture.baseUrl, store });
  await session.signIn(DEMO);
  expect(await readdir(folder.path)).toEqual(["session-000000000008.json"]);
  session.dispose();
});

test("with a secret, the files show no token, and only those who have it share the session", async () => {
  await using folder = await createTemporaryFolder();
  await using fixture = await startProcessServer();
  const { path: directory } = folder;
  const secret = "of-the-keychain-32-random-letters";
  const session = createSession({
    baseUrl: fixture.baseUrl,
    store: createFileStore({ directory, secret }),
  });
  await session.signIn(DEMO);
  const sealed = await readFile(join(directory, "session-000000000001.json"), "utf8");
  expect(sealed).not.toContain("access-1");
  expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("access-1");
  expect(await createFileStore({ directory, secret }).read()).toMatchObject({ generation: 1 });
  for (const other of [undefined, `${secret}?`]) {
    expect(await createFileStore({ directory, secret: other }).read()).toBeUndefined();
  }
  expect(() => createFileStore({ directory, secret: "short" })).toThrow(TypeError);
  session.dispose();
});

test("of many writers at once exactly one wins each version", async () => {
  await using folder = await createTemporaryFolder();
  const stores = Array.from({ length: 10 }, () => createFileStore({ directory: folder.path }));
  const entry = { kind: "signed_out", sessionId: "s", generation: 1, reason: "user" } as const;
  let expected: string | undefined;
  for (let version = 1; version <= 20; version += 1) {
    const writes = stores.map((store, index) =>
      store.compareAndSet(expected, { ...entry, revision: `${version}-${index}` }),
    );
    const results = await Promise.all(writes);
    expect(results.filter((isWritten) => isWritten)).toHaveLength(1);
    expected = (await stores[0]?.read())?.revision;
  }
});
