import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { runBuf } from "../support/buf.ts";
import { createProofKey, signProof, thumbprintOf } from "../support/proofs.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { createSigningKey, goodClaims, signToken } from "../support/tokens.ts";
import { recordingTerminal } from "./recording-terminal.ts";
import { startCommand } from "./running-command.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOTES = "countersign.demo.v1.NotesService";
const SESSIONS = "countersign.auth.v1.SessionService";

interface Explain {
  readonly dataDir: string;
  readonly input?: string;
}

/** Run `countersign explain`. */
async function explain(args: readonly string[], { dataDir, input = "" }: Explain) {
  const terminal = recordingTerminal({ env: { COUNTERSIGN_DATA_DIR: dataDir }, input });
  const code = await runCommand(["explain", ...args], terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
}

/** What a server that runs says to a call. */
async function reasonOf(run: () => Promise<unknown>): Promise<string | null> {
  return run().then(
    () => null,
    (error: ConnectError) => error.findDetails(ErrorInfoSchema)[0]?.reason ?? `${error.code}`,
  );
}

describe("explain", () => {
  test("agrees with the demo that runs, and goes on after it has ended; what was revoked is known", async () => {
    await using folder = await createTemporaryFolder();
    const dataDir = folder.path;
    const server = await startCommand(["demo"], { dataDir });
    const transport = createConnectTransport({ baseUrl: server.baseUrl, httpVersion: "1.1" });
    const sessions = createClient(SessionService, transport);
    const notes = createClient(NotesService, transport);
    const signIn = async (scopes: string[]): Promise<string> => {
      const credential = {
        case: "password",
        value: { username: "demo", password: "demo-password" },
      } as const;
      return (await sessions.signIn({ credential, scopes })).tokens?.accessToken ?? "";
    };
    const full = await signIn(["notes:read", "notes:write"]);
    const narrow = await signIn(["notes:read"]);
    const ended = await signIn(["notes:read", "notes:write"]);
    const headers = (token: string) =>
      token === "" ? {} : { headers: { authorization: `Bearer ${token}` } };
    await sessions.signOut({}, headers(ended));
    const tokens = { full, narrow, ended, garbage: "garbage", forged: `${full.slice(0, -4)}AAAA`, none: "" };
    const reasons: (string | null)[] = [];
    const settings = ["--demo", "--issuer", server.baseUrl, "--json"];
    const explained = async (token: string) => {
      const args = ["--method", `${NOTES}/CreateNote`, "--message", '{"title":"t"}', ...settings];
      const { code, out } = await explain(args, { dataDir, input: token === "" ? "" : `Bearer ${token}\n` });
      const result = JSON.parse(out) as { reason: string | null; verdict: string };
      expect(code).toBe(result.verdict === "allowed" ? 0 : 1);
      return result;
    };
    for (const token of Object.values(tokens)) {
      const reason = await reasonOf(() => notes.createNote({ title: "t" }, headers(token)));
      expect(await explained(token)).toMatchObject({
        reason,
        verdict: reason === null ? "allowed" : "denied",
      });
      reasons.push(reason);
    }
    expect(reasons).toEqual([
      null,
      "INSUFFICIENT_SCOPE",
      "SESSION_REVOKED",
      "TOKEN_INVALID",
      "TOKEN_INVALID",
      "TOKEN_MISSING",
    ]);
    await server[Symbol.asyncDispose]();
    for (const [at, token] of Object.values(tokens).entries()) {
      expect((await explained(token)).reason).toBe(reasons[at]);
    }
  });

  test("judges the proof of a token that is bound to a key", async () => {
    await using folder = await createTemporaryFolder();
    const dataDir = join(folder.path, "none");
    const path = (name: string) => join(folder.path, name);
    const [key, own] = [createSigningKey("ES256", "key-1"), createProofKey()];
    await writeFile(
      path("issuers.json"),
      JSON.stringify([{ issuer: "https://issuer.example", jwks: { keys: [key.jwk] } }]),
    );
    const iat = Math.floor(Date.now() / 1000);
    const cnf = { jkt: thumbprintOf(own) };
    const token = signToken(
      key,
      goodClaims({ aud: "billing", iat, exp: iat + 60, scope: "notes:read", cnf }),
    );
    const prove = (name: string) =>
      signProof(own, { token, claims: { htu: `https://api.example.com/${NOTES}/${name}`, iat } });
    await writeFile(path("proof"), `${prove("ListNotes")}\n`);
    const trust = ["--trusted-issuers", path("issuers.json"), "--audience", "billing"];
    const call = ["--method", `${NOTES}/ListNotes`, "--demo", "--public-url", "https://api.example.com"];
    const judge = (...proof: readonly string[]) =>
      explain([...call, ...trust, ...proof], { dataDir, input: `DPoP ${token}` });
    expect(await judge("--proof", `@${path("proof")}`)).toMatchObject({ code: 0 });
    const other = await judge("--proof", prove("CreateNote"));
    expect(other).toMatchObject({
      code: 1,
      err: expect.stringContaining("claim htu is not the URL of the call"),
    });
    expect((await judge()).err).toContain("the token is bound to a key and was sent as a bearer token");
    expect(await judge("--proof", "@/none")).toMatchObject({
      code: 1,
      err: expect.stringContaining("the proof /none"),
    });
  });

  test("names the line of the proto with an image, and what helps, to people too", async () => {
    await using folder = await createTemporaryFolder();
    const image = join(folder.path, "image.binpb");
    expect((await runBuf(["build", ROOT, "-o", image], folder.path)).code).toBe(0);
    const key = createSigningKey("ES256", "key-1");
    const issuers = [{ issuer: "https://issuer.example", jwks: { keys: [key.jwk] } }];
    const file = join(folder.path, "issuers.json");
    await writeFile(file, JSON.stringify(issuers));
    const nowSeconds = Math.floor(Date.now() / 1000);
    const token = signToken(
      key,
      goodClaims({ aud: "billing", iat: nowSeconds, exp: nowSeconds + 60, scope: "notes:read\u001b[31m" }),
    );
    const settings = ["--trusted-issuers", file, "--audience", "billing", "--image", image];
    const { code, out, err } = await explain(["--method", `${NOTES}/CreateNote`, ...settings], {
      dataDir: join(folder.path, "none"),
      input: token,
    });
    expect(code).toBe(1);
    expect(err).toContain("there is no database");
    expect(err).toContain("explain: the call is denied: the token lacks a scope that the method needs");
    const lines = out.split("\n");
    expect(lines[0]).toBe(`denied: ${NOTES}/CreateNote`);
    expect(lines).toEqual(
      expect.arrayContaining([
        "reason    INSUFFICIENT_SCOPE: the token lacks a scope that the method needs",
        "check     scopes",
        "expected  notes:write",
        expect.stringMatching(/^place {5}countersign\/demo\/v1\/notes\.proto:\d+$/),
        expect.stringMatching(/^help {6}have the client ask for these scopes/),
        "conditions  denied",
        "decide      not reached",
      ]),
    );
    expect(out).not.toContain("\u001b");
    expect(token.split(".").filter((part) => out.includes(part))).toEqual([]);
  });

  test("knows nothing of what an application decides itself, and speaks of its own settings", async () => {
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "issuers.json");
    const key = createSigningKey("ES256", "key-1");
    await writeFile(file, JSON.stringify([{ issuer: "https://issuer.example", jwks: { keys: [key.jwk] } }]));
    const nowSeconds = Math.floor(Date.now() / 1000);
    const sign = (iss: string): string =>
      signToken(key, goodClaims({ iss, aud: "billing", iat: nowSeconds, exp: nowSeconds + 60 }));
    const run = (iss: string, ...others: string[]) =>
      explain(
        ["--method", `${SESSIONS}/WhoAmI`, "--trusted-issuers", file, "--audience", "billing", ...others],
        {
          dataDir: join(folder.path, "none"),
          input: sign(iss),
        },
      );
    const allowed = await run("https://issuer.example");
    expect(allowed.code).toBe(0);
    expect(allowed.out).toContain("\ndecide      not known\n");
    expect(allowed.out).toContain("A server with option decide of createAuth asks that, too");
    const json = JSON.parse((await run("https://issuer.example", "--json")).out) as { steps: object[] };
    expect(json.steps.at(-1)).toEqual({ step: "decide", result: "not_known" });
    const denied = await run("https://other.example");
    expect(denied.code).toBe(1);
    expect(denied.out).toMatch(/\nhelp {6}add the issuer to the file of --trusted-issuers/);
  });

  test("reads the token as the header takes it that --token-header names", async () => {
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "issuers.json");
    const key = createSigningKey("ES256", "key-1");
    // What has ended is for the server to learn: it is not asked for here.
    const ended = { logout: { audiences: ["app"] }, sharedSignals: { audiences: ["app"], push: {} } };
    const issuer = { issuer: "https://issuer.example", keys: { jwks: { keys: [key.jwk] } }, ...ended };
    await writeFile(file, JSON.stringify([issuer]));
    const nowSeconds = Math.floor(Date.now() / 1000);
    const claims = { iss: "https://issuer.example", aud: "billing", iat: nowSeconds };
    const run = (input: string, header: string) => {
      const settings = ["--trusted-issuers", file, "--audience", "billing", "--token-header", header];
      const dataDir = join(folder.path, "none");
      return explain(["--method", `${SESSIONS}/WhoAmI`, ...settings], { dataDir, input });
    };
    const good = signToken(key, goodClaims({ ...claims, exp: nowSeconds + 60 }));
    expect((await run(good, "X-Proxy-Jwt")).code).toBe(0);
    expect((await run(`Bearer ${good}`, "authorization")).code).toBe(0);
    const scheme = await run(`Bearer ${good}`, "x-proxy-jwt");
    expect(scheme.code).toBe(1);
    expect(scheme.out).toContain("\nreason    TOKEN_INVALID: ");
    const wrong = await run(good, "x proxy");
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("--token-header");
  });

  test("says what is wrong with how it was called", async () => {
    await using folder = await createTemporaryFolder();
    const dataDir = folder.path;
    const file = join(folder.path, "issuers.json");
    const key = createSigningKey("ES256", "key-1");
    await writeFile(file, JSON.stringify([{ issuer: "https://issuer.example", jwks: { keys: [key.jwk] } }]));
    const settings = ["--trusted-issuers", file, "--audience", "billing"];
    const wrong: readonly (readonly [args: readonly string[], says: string, code: number])[] = [
      [settings, "--method is missing", 2],
      [["--method", `${SESSIONS}/WhoAmI`], "there is no database of Countersign", 1],
      [["--method", `${SESSIONS}/WhoAmI`, ...settings.slice(0, 2)], "--audience is missing", 2],
      [["--method", `${SESSIONS}/WhoAmi`, ...settings], `did you mean ${SESSIONS}/WhoAmI?`, 2],
      [["--method", `${SESSIONS}/WhoAmI`, "--message", "{", ...settings], "message is no JSON", 2],
      [
        ["--method", `${SESSIONS}/WhoAmI`, "--message", "@/nowhere", ...settings],
        "/nowhere cannot be read",
        1,
      ],
      [["--method", `${SESSIONS}/WhoAmI`, "--image", "/nowhere", ...settings], "/nowhere does not exist", 1],
    ];
    for (const [args, says, code] of wrong) {
      const result = await explain(args, { dataDir });
      expect([args, result.code]).toEqual([args, code]);
      expect(result.err).toContain(says);
    }
  });
});
