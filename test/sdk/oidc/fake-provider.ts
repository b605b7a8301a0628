import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as the fake provider saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

/** What the fake provider answers with. */
export interface FakeAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
}

/** A provider that answers as it is told, with oddities that no certified one has. */
export interface FakeProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly seen: readonly SeenRequest[];
  /** The requests to one path, in order. */
  readonly seenAt: (path: string) => readonly SeenRequest[];
}

/** The answer of a token endpoint that works. */
export const TOKENS = {
  access_token: "access-1",
  refresh_token: "refresh-1",
  token_type: "Bearer",
  expires_in: 60,
} as const;

/** Answers by path, each of a request; a missing one is 404. */
export type FakePaths = Readonly<Record<string, (request: SeenRequest, issuer: string) => FakeAnswer>>;

/** Make metadata with a token endpoint, and what else is to be in them. */
export function metadataOf(issuer: string, more: Readonly<Record<string, unknown>> = {}): FakeAnswer {
  const endpoints = {
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
  };
  return { body: { issuer, ...endpoints, ...more } };
}

/** Start a fake provider: by default its metadata are in their place, and its token endpoint answers with tokens. */
export async function startFakeProvider(paths: FakePaths = {}): Promise<FakeProvider> {
  const answers: FakePaths = {
    "/.well-known/openid-configuration": (_request, own) => metadataOf(own),
    "/token": () => ({ body: TOKENS }),
    "/revoke": () => ({}),
    ...paths,
  };
  const seen: SeenRequest[] = [];
  let issuer = "";
  const http = createServer((req, res) => {
    void text(req).then((body) => {
      const path = req.url ?? "";
      const form = Object.fromEntries(new URLSearchParams(body));
      const request = { path, authorization: req.headers.authorization, form };
      seen.push(request);
      const answer = answers[path]?.(request, issuer) ?? { status: 404 };
      res.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      res.end(answer.body === undefined ? "" : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    issuer,
    seen,
    seenAt: (path) => seen.filter((request) => request.path === path),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Make an ID token without a signature: it comes from the token endpoint itself, over TLS in real life. */
export function idTokenOf(issuer: string, claims: Readonly<Record<string, unknown>>): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const payload = { iss: issuer, sub: "user-1", iat: nowSeconds, exp: nowSeconds + 3_600, ...claims };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(payload)}.${Buffer.from("signature").toString("base64url")}`;
}

/** A storage of one tab. */
export function createTabStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as Storage;
}
