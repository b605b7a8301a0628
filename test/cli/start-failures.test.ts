import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reasonOf } from "../../server/cli/src/reason-of.ts";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { AuthError } from "../../server/gate/src/errors/auth-error.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";
import { failToStart } from "./fail-to-start.ts";
import { makeStoreWithKeys } from "./made-store.ts";
import { recordingTerminal } from "./recording-terminal.ts";

/** Serve an audience, which fails. */
const failToServe = ({ path }: TemporaryFolder, args: readonly string[]) =>
  failToStart(path, ["serve", ...args], { COUNTERSIGN_AUDIENCE: "billing" });

describe("a server that cannot start says in one line what to mend", () => {
  test("when the data folder is a file", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "file");
    await writeFile(path, "");
    expect(await failToServe(folder, ["--data-dir", path])).toEqual({
      code: 1,
      err: `countersign serve: the data folder ${path} cannot be used: it is a file. Name another with --data-dir`,
    });
    const below = join(path, "below");
    expect((await failToServe(folder, ["--data-dir", below])).err).toContain("a part of the path is a file");
  });

  test("when tokens were to last longer than any gate accepts, as a wrong call", async () => {
    await using folder = await createTemporaryFolder();
    expect(await failToServe(folder, ["--access-ttl", "25h"])).toEqual({
      code: 2,
      err:
        "countersign serve: --access-ttl must be at most a day: gates refuse tokens that last longer; " +
        "see countersign serve --help",
    });
  });

  test("when a resource is no URL, as a wrong call", async () => {
    await using folder = await createTemporaryFolder();
    expect(await failToServe(folder, ["--resources", "https://notes.example.com, billing"])).toEqual({
      code: 2,
      err:
        "countersign serve: --resources must be absolute URLs without a fragment, such as https://notes.example.com, " +
        'and not "billing"; see countersign serve --help',
    });
  });

  test("when the resource is no URL that clients can find it by, as a wrong call", async () => {
    await using folder = await createTemporaryFolder();
    expect(await failToServe(folder, ["--resource", "billing"])).toEqual({
      code: 2,
      err:
        'countersign serve: --resource "billing" is not a URL such as "https://api.example.com": what tokens carry in aud ' +
        "is the audience (RFC 9728 §1.2); see countersign serve --help",
    });
  });

  test.each([
    {
      args: ["--cors-origins", "https://app.example,https://*.app.example"],
      says: '--cors-origins: "https://*.app.example" has a *, and origins are compared as they are: list each of them',
    },
    {
      args: ["--cors-origins=https://app.example/start"],
      says: '--cors-origins: "https://app.example/start" is more than an origin, which ends before the path: https://app.example',
    },
    {
      args: ["--token-header", "Cookie"],
      says: "--token-header must be a header of the token alone, and cookie says something else",
    },
    {
      args: ["--token-header", "x y"],
      says: '--token-header: "x y" is not the name of a header',
    },
    {
      args: ["--cors-headers", "*"],
      says: '--cors-headers: "*" does not stand for all headers: list each of them',
    },
    {
      args: ["--workers", "2", "--cors-headers", "a b"],
      says: '--cors-headers: "a b" is not the name of a header',
    },
  ])("when web pages are not named as browsers name them, as a wrong call: $args", async ({ args, says }) => {
    await using folder = await createTemporaryFolder();
    const err = `countersign serve: ${says}; see countersign serve --help`;
    expect(await failToServe(folder, args)).toEqual({ code: 2, err });
  });

  test("when the secret file is another one than the keys were made with", async () => {
    await using folder = await createTemporaryFolder();
    await makeStoreWithKeys(folder.path);
    const path = join(folder.path, "other");
    await writeFile(path, Buffer.alloc(32, 2).toString("base64url"));
    const { code, err } = await failToServe(folder, ["--secret-file", path]);
    expect(code).toBe(1);
    expect(err).toBe(
      `countersign serve: ${path} is not the secret file that the keys in this database were made with: ` +
        "name that one with --secret-file, or put it back from a backup",
    );
    expect(err).not.toContain((await readFile(path, "utf8")).trim());
  });

  test("when the secret file is missing that the keys were made with, without making another", async () => {
    await using folder = await createTemporaryFolder();
    await makeStoreWithKeys(folder.path);
    const path = join(folder.path, "secret");
    await rm(path);
    const { code, err } = await failToServe(folder, []);
    expect(code).toBe(1);
    expect(err).toBe(
      `countersign serve: the secret file ${path} is missing, and the keys in this store were made with one: ` +
        "name that one, or put it back from a backup",
    );
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });

  test("when the secret file is missing that --secret-file names, without making it or a store", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "typo");
    const dataDir = join(folder.path, "data");
    for (const command of ["serve", "demo"]) {
      const args = ["--secret-file", path, "--data-dir", dataDir, "--port", "0", "--audience", "billing"];
      const terminal = recordingTerminal();
      expect(await runCommand([command, ...args, "--admin-port", "0"], terminal)).toBe(1);
      expect(terminal.warned.join("\n")).toContain(
        `countersign ${command}: the secret file ${path} is missing: name the one that all servers on this store have`,
      );
      expect([existsSync(path), existsSync(dataDir)]).toEqual([false, false]);
    }
  });

  test("when the secret file is missing or holds something else, without repeating it", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "short");
    await writeFile(path, "hunter2\n");
    const { err } = await failToServe(folder, ["--secret-file", path]);
    expect(err).toBe(`countersign serve: the secret file ${path} must hold 32 bytes in base64url`);
  });

  test("when the database is not one of Postgres, as a wrong call", async () => {
    await using folder = await createTemporaryFolder();
    const { code, err } = await failToServe(folder, ["--database-url", "mysql://root:hunter2@db/x"]);
    expect(code).toBe(2);
    expect(err).toContain("--database-url must begin with postgres://");
    expect(err).not.toContain("hunter2");
  });

  test("when nobody answers at the database, with the address and without the password", async () => {
    await using folder = await createTemporaryFolder();
    const secret = join(folder.path, "secret");
    await writeFile(secret, Buffer.alloc(32, 1).toString("base64url"));
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const address = closed.address();
    const port = typeof address === "object" ? address?.port : undefined;
    closed.close();
    const url = `postgres://ada:hunter2@127.0.0.1:${port}/x`;
    const { code, err } = await failToServe(folder, ["--database-url", url, "--secret-file", secret]);
    expect(code).toBe(1);
    expect(err).toBe(
      `countersign serve: the database at 127.0.0.1:${port} cannot be opened: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });

  test("when the password in the URL is not percent-encoded, without what of it would pass for a port", async () => {
    await using folder = await createTemporaryFolder();
    const secret = join(folder.path, "secret");
    await writeFile(secret, Buffer.alloc(32, 1).toString("base64url"));
    for (const url of ["postgres://ada:4711/x@127.0.0.1:1/x", "postgres://ada:4711#x@127.0.0.1:1/x"]) {
      const { code, err } = await failToServe(folder, ["--database-url", url, "--secret-file", secret]);
      expect(code).toBe(1);
      expect(err).toContain("countersign serve: the database at that URL cannot be opened: ");
      expect(err).not.toContain("4711");
    }
  });

  test("when a TLS file is missing, or is no certificate", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "cert.pem");
    const missing = await failToServe(folder, ["--tls-cert", path, "--tls-key", path]);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain(`the TLS files cannot be read: ENOENT`);
    await writeFile(path, "not a certificate");
    const wrong = await failToServe(folder, ["--tls-cert", path, "--tls-key", path]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain(`${path} and ${path} are no certificate and its key in PEM: `);
  });

  test("when its tokens would name an issuer that is reached in the clear", async () => {
    await using folder = await createTemporaryFolder();
    const { code, err } = await failToServe(folder, ["--issuer", "http://auth.example.com"]);
    expect(code).toBe(2);
    expect(err).toContain("--issuer must begin with https://, or be on loopback: no gate fetches keys");
    expect(err).toContain("--insecure-http-issuer");
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("when the address is not one of this machine", async () => {
    await using folder = await createTemporaryFolder();
    // TEST-NET-1 (RFC 5737) is nobody's.
    const args = ["--host", "192.0.2.1", "--behind-tls-proxy", "--issuer", "https://auth.example.com"];
    const { code, err } = await failToServe(folder, args);
    expect({ code, err }).toEqual({
      code: 1,
      err: "countersign serve: 192.0.2.1:0 is no address of this machine",
    });
  });
});

describe("reasonOf", () => {
  test("finds what the database said behind what callers of RPCs are told", () => {
    const cause = new Error('database "x" does not exist');
    expect(reasonOf(new AuthError("AUTH_UNAVAILABLE", "later", { cause }))).toBe(cause.message);
  });

  test("finds one of the errors of a host with several addresses", () => {
    const refused = new Error("connect ECONNREFUSED ::1:5432");
    expect(reasonOf(new AggregateError([refused, refused]))).toBe(refused.message);
  });

  test("is never empty", () => {
    for (const error of [undefined, new Error(""), new AggregateError([])]) {
      expect(reasonOf(error)).not.toBe("");
    }
  });
});
