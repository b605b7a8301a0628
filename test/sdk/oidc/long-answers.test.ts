import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { clientCredentials, oidc } from "@countersign/sdk/oidc";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";

const LONG = JSON.stringify({ access_token: "a", token_type: "Bearer", pad: "x".repeat(256 * 1024) });

type Answer = (res: ServerResponse) => void;

const answers: Readonly<Record<string, Answer>> = {
  "as it is": (res) => void res.end(LONG),
  "in gzip": (res) => void res.setHeader("content-encoding", "gzip").end(gzipSync(LONG)),
  "in gzip of deflate": (res) =>
    void res.setHeader("content-encoding", "deflate, gzip").end(gzipSync(deflateSync(LONG))),
  "that has no end": (res) => {
    const part = Buffer.alloc(64 * 1024, " ");
    const send = (): void => {
      while (!res.destroyed && res.write(part)) {}
    };
    res.on("drain", send);
    send();
  },
};

const places = ["/.well-known/openid-configuration", "/token"];
const cases = notEmpty(
  places.flatMap((place) => Object.entries(answers).map(([kind, answer]) => ({ place, kind, answer }))),
);

test.each(cases)("an answer of $place that is too long, $kind, is not read to its end", async (given) => {
  await using provider = await startProvider(given.place, given.answer);
  const { issuer } = provider;
  const { signal } = new AbortController();
  const program = clientCredentials({ issuer, clientId: "app", proof: { kind: "secret", secret: "s" } });
  const refresh = { refreshToken: "r", refreshId: "1", signal };
  const failure = { kind: "transient", message: "the provider answers with more than 262144 bytes" };
  await expect(program.acquire?.(signal)).rejects.toMatchObject(failure);
  await expect(oidc({ issuer, clientId: "app" }).refresh(refresh)).rejects.toMatchObject(failure);
});

test("metadata that are not there are looked for in the next place, however long the page that says so", async () => {
  const notFound: Answer = (res) => void res.writeHead(404, { "content-type": "text/html" }).end(LONG);
  await using provider = await startProvider("/.well-known/openid-configuration", notFound);
  const proof = { kind: "secret", secret: "s" } as const;
  const source = clientCredentials({ issuer: provider.issuer, clientId: "app", proof });
  const grant = await source.acquire?.(new AbortController().signal);
  expect(grant?.accessToken).toBe("access-1");
});

async function startProvider(
  place: string,
  answer: Answer,
): Promise<AsyncDisposable & { readonly issuer: string }> {
  let issuer = "";
  const http = createServer((req: IncomingMessage, res) => {
    res.setHeader("content-type", "application/json");
    if (req.url === place) {
      return answer(res);
    }
    const token = { access_token: "access-1", token_type: "Bearer", expires_in: 60 };
    res.end(JSON.stringify(req.url === "/token" ? token : { issuer, token_endpoint: `${issuer}/token` }));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
