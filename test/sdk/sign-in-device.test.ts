import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { TokenSource } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createFetchSource } from "../../sdk/src/browser/fetch-source.ts";
import { createSessionServiceSource } from "../../sdk/src/core/session-service-source.ts";

const SOURCES: readonly { readonly name: string; readonly create: (baseUrl: string) => TokenSource }[] = [
  {
    name: "Node's",
    create: (baseUrl) =>
      createSessionServiceSource(
        createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
      ),
  },
  { name: "a browser's", create: (baseUrl) => createFetchSource(baseUrl, "store") },
];

for (const { name, create } of SOURCES) {
  test(`${name} sign-in names the device, or leaves it to the user agent`, async () => {
    const bodies: { readonly device?: string }[] = [];
    const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      bodies.push(JSON.parse(await text(req)));
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify({ tokens: { accessToken: "a", expiresIn: "600s", sessionId: "s" } }));
    };
    const http = createServer((req, res) => void answer(req, res));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    try {
      const source = create(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
      const ada = { username: "ada", password: "correct horse" };
      await source.signIn?.({ ...ada, device: "Ada's phone" }, new AbortController().signal);
      await source.signIn?.(ada, new AbortController().signal);
    } finally {
      http.closeAllConnections();
      http.close();
    }
    const password = { username: "ada", password: "correct horse" };
    expect(bodies).toMatchObject([{ password, device: "Ada's phone" }, { password }]);
    expect(bodies[1]).not.toHaveProperty("device");
  });
}
