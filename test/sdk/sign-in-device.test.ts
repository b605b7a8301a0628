import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { HTTP_SOURCES } from "./http-sources.ts";

for (const { name, create } of notEmpty(HTTP_SOURCES)) {
  test(`${name} sign-in names the device and the resources, or leaves both to the server`, async () => {
    const bodies: { readonly device?: string; readonly resources?: readonly string[] }[] = [];
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
      const wishes = { device: "Ada's phone", resources: ["https://notes.example.com"] };
      await source.signIn?.({ ...ada, ...wishes }, new AbortController().signal);
      await source.signIn?.(ada, new AbortController().signal);
    } finally {
      http.closeAllConnections();
      http.close();
    }
    const password = { username: "ada", password: "correct horse" };
    const resources = ["https://notes.example.com"];
    expect(bodies).toMatchObject([{ password, device: "Ada's phone", resources }, { password }]);
    expect(bodies[0]).toHaveProperty("password", password);
    expect(bodies[1]).not.toHaveProperty("device");
    expect(bodies[1]).not.toHaveProperty("resources");
  });
}
