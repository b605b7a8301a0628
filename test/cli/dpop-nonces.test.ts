import { expect, test } from "vitest";
import { createProofKey, type ProofParts, signProof } from "../support/proofs.ts";
import { signIn } from "../support/rpc.ts";
import { DEMO_ACCOUNT } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { startCommand } from "./running-command.ts";

const WHO_AM_I = "/countersign.auth.v1.SessionService/WhoAmI";
const TOKEN = "/oauth2/token";
const NONCE = /^[\w-]{20,}$/;
const key = createProofKey();

interface Answer {
  readonly status: number;
  /** Header `DPoP-Nonce`, each with a comma between. */
  readonly nonce: string | null;
  readonly body: string;
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<Answer> {
  const answer = await fetch(url, { method: "POST", headers, body });
  return { status: answer.status, nonce: answer.headers.get("dpop-nonce"), body: await answer.text() };
}

/** Prove the key for a URL, which is that of the server. */
function prove(htu: string, { claims, ...parts }: ProofParts = {}): string {
  return signProof(key, { ...parts, claims: { htu, iat: Math.floor(Date.now() / 1_000), ...claims } });
}

test("--dpop-nonces has calls and the token endpoint ask for a nonce, which servers of one store share", async () => {
  await using folder = await createTemporaryFolder();
  const options = { dataDir: folder.path };
  await using demo = await startCommand(["demo", "--dpop-nonces"], options);
  const { refreshToken } = await signIn(demo.baseUrl, DEMO_ACCOUNT);
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: "countersign-first-party",
    refresh_token: refreshToken,
  });
  const refresh = (nonce?: string) =>
    post(
      demo.baseUrl + TOKEN,
      {
        "content-type": "application/x-www-form-urlencoded",
        dpop: prove(demo.baseUrl + TOKEN, { claims: { nonce } }),
      },
      String(form),
    );
  const asked = await refresh();
  expect(asked).toMatchObject({ status: 400, nonce: expect.stringMatching(NONCE) });
  expect(JSON.parse(asked.body)).toMatchObject({ error: "use_dpop_nonce" });
  const granted = await refresh(asked.nonce ?? "");
  expect(granted.status).toBe(200);
  const token = String(JSON.parse(granted.body).access_token);

  const callAt = (baseUrl: string, nonce?: string) =>
    post(
      baseUrl + WHO_AM_I,
      {
        "content-type": "application/json",
        authorization: `DPoP ${token}`,
        dpop: prove(baseUrl + WHO_AM_I, { token, claims: { nonce } }),
      },
      "{}",
    );
  const refused = await callAt(demo.baseUrl);
  expect(refused).toMatchObject({ status: 401, nonce: expect.stringMatching(NONCE) });
  expect(refused.body).toContain("DPOP_NONCE_REQUIRED");
  expect((await callAt(demo.baseUrl, "x".repeat(43))).body).toContain("DPOP_NONCE_REQUIRED");
  expect(await callAt(demo.baseUrl, refused.nonce ?? "")).toMatchObject({ status: 200 });
  // Another server of the store: its URL is another one, its nonces are the same.
  const args = ["demo", "--dpop-nonces", "--issuer", demo.baseUrl, "--public-url"];
  await using second = await startCommand([...args, "https://second.example"], options);
  const elsewhere = await post(
    second.baseUrl + WHO_AM_I,
    {
      "content-type": "application/json",
      authorization: `DPoP ${token}`,
      dpop: prove(`https://second.example${WHO_AM_I}`, { token, claims: { nonce: refused.nonce } }),
    },
    "{}",
  );
  expect(elsewhere).toMatchObject({ status: 200 });
});
