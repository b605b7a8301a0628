import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOf, signIn } from "../support/rpc.ts";
import { runCountersign, type ServerProcess, startServer } from "../support/server-process.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";
import { createSigningKey, signToken } from "../support/tokens.ts";

const IDP = "https://idp.example";
const idpKey = createSigningKey("ES256", "idp-key");
const clientKey = createSigningKey("ES256", "robot-key");
const URN = "urn:ietf:params:oauth:";

let folder: TemporaryFolder;
let server: ServerProcess;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  const [keys, issuers, audit] = ["keys", "issuers", "audit"].map((name) => join(folder.path, name));
  const env = {
    COUNTERSIGN_DATA_DIR: folder.path,
    COUNTERSIGN_TRUSTED_ISSUERS: issuers ?? "",
    COUNTERSIGN_AUDIT_FILE: audit ?? "",
    COUNTERSIGN_SIGN_INS_PER_MINUTE: "0",
  };
  await writeFile(keys ?? "", JSON.stringify({ keys: [clientKey.jwk] }));
  const exchange = { scopes: ["notes:read"] };
  await writeFile(issuers ?? "", JSON.stringify([{ issuer: IDP, jwks: { keys: [idpKey.jwk] }, exchange }]));
  const grants = ["client_credentials", "jwt-bearer", "token-exchange"].flatMap((name) => ["--grant", name]);
  const added = await runCountersign(
    ["client", "add", "robot", "--create", "--jwks", keys ?? "", ...grants],
    env,
  );
  expect(added).toMatchObject({ code: 0 });
  server = await startServer({ dataDir: folder.path, env });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Whether an answer has tokens. */
async function post(form: Readonly<Record<string, string>>): Promise<boolean> {
  const body = new URLSearchParams(form);
  const response = await fetch(`${server.baseUrl}/oauth2/token`, { method: "POST", body });
  const answer: unknown = await response.json();
  expect(answer).toHaveProperty(response.ok ? "access_token" : "error_description");
  return response.ok;
}

const succeeds = (call: Promise<unknown>): Promise<boolean> => call.then(() => true).catch(() => false);

let count = 0;
const nowSeconds = () => Math.floor(Date.now() / 1_000);
const times = () => ({ iat: nowSeconds(), exp: nowSeconds() + 60, jti: `jti-${count++}` });
const assertion = () =>
  signToken(clientKey, { iss: "robot", sub: "robot", aud: server.baseUrl, ...times() }, { typ: "JWT" });
const ofIdp = (typ: string) =>
  signToken(idpKey, { iss: IDP, sub: "usr_demo", aud: "countersign-demo", ...times() }, { typ });

/** Everything that could be mistaken for something else, freshly made. */
const THINGS: Readonly<Record<string, () => Promise<string>>> = {
  "an access token": async () => (await signIn(server.baseUrl)).accessToken,
  "a refresh token": async () => (await signIn(server.baseUrl)).refreshToken,
  "a client's assertion": async () => assertion(),
  "an access token of another issuer": async () => ofIdp("at+jwt"),
  "an ID token of another issuer": async () => ofIdp("JWT"),
};

const robot = () => ({
  client_assertion: assertion(),
  client_assertion_type: `${URN}client-assertion-type:jwt-bearer`,
});
const bySession = (
  credential: NonNullable<Parameters<ReturnType<typeof sessions>["signIn"]>[0]["credential"]>,
) => succeeds(sessions().signIn({ credential }));
const sessions = (token?: string) =>
  clientOf(SessionService, { baseUrl: server.baseUrl, ...(token === undefined ? {} : { token }) });

interface Door {
  readonly opens: (thing: string) => Promise<boolean>;
  /** What opens it. */
  readonly to: readonly string[];
}

/** Every place where something can be handed in. */
const DOORS: Readonly<Record<string, Door>> = {
  "the gate": {
    opens: (token) => succeeds(sessions(token).whoAmI({})),
    to: ["an access token", "an access token of another issuer"],
  },
  "grant refresh_token": {
    opens: (token) =>
      post({ grant_type: "refresh_token", client_id: "countersign-first-party", refresh_token: token }),
    to: ["a refresh token"],
  },
  "a client's proof": {
    opens: (token) => post({ ...robot(), grant_type: "client_credentials", client_assertion: token }),
    to: ["a client's assertion"],
  },
  "grant jwt-bearer": {
    opens: (token) => post({ grant_type: `${URN}grant-type:jwt-bearer`, assertion: token }),
    to: ["a client's assertion", "an access token of another issuer"],
  },
  ...Object.fromEntries(
    ["access_token", "id_token", "jwt"].map((type) => [
      `grant token-exchange as ${type}`,
      {
        opens: (token: string) =>
          post({
            ...robot(),
            grant_type: `${URN}grant-type:token-exchange`,
            subject_token: token,
            subject_token_type: `${URN}token-type:${type}`,
          }),
        to: type === "id_token" ? [] : ["an access token", "an access token of another issuer"],
      },
    ]),
  ),
  Refresh: {
    opens: (refreshToken) => succeeds(sessions().refresh({ refreshToken })),
    to: ["a refresh token"],
  },
  "SignIn with an assertion": {
    opens: (token) => bySession({ case: "assertion", value: { assertion: token } }),
    to: ["a client's assertion"],
  },
  "SignIn with a federated token": {
    opens: (token) => bySession({ case: "federated", value: { token } }),
    to: ["an access token of another issuer"],
  },
};

describe.each(Object.entries(DOORS))("%s", (_, { opens, to }) => {
  test.each(Object.entries(THINGS))("is held against %s", async (name, make) => {
    expect(await opens(await make())).toBe(to.includes(name));
  });
});

test("who another issuer knows is nobody of ours, and the audit trail says who it is", async () => {
  const token = ofIdp("at+jwt");
  const { tokens } = await sessions().signIn({ credential: { case: "federated", value: { token } } });
  const { subject, scopes } = await sessions(tokens?.accessToken).whoAmI({});
  expect(subject).toMatch(/^ext_[\w-]{43}$/);
  expect(scopes).toEqual(["notes:read"]);
  const trail = await readFile(join(folder.path, "audit"), "utf8");
  const events = trail
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
  expect(events).toContainEqual(
    expect.objectContaining({ subject, externalIssuer: IDP, externalSubject: "usr_demo" }),
  );
  expect(events).toContainEqual(expect.objectContaining({ type: "client_added", clientId: "robot" }));
  expect(trail).not.toMatch(/eyJ|cs[rs]_/);
});
