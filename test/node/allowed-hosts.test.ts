import { connect as connectHttp2 } from "node:http2";
import { networkInterfaces } from "node:os";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { createAdminHandler } from "../../server/node/src/admin.ts";
import { assertHosts } from "../../server/node/src/allowed-hosts.ts";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import { type ListenOptions, listen } from "../../server/node/src/listener.ts";
import { sendRaw } from "../support/raw-call.ts";
import { ask, connectRaw, readAll } from "./serving.ts";

const METHOD = "/countersign.demo.v1.NotesService/CreateNote";

const handler = () =>
  buildRequestListener({
    routes: (router) => router.service(NotesService, { createNote: ({ title }) => ({ title }) }),
    requestGate: () => undefined,
    interceptors: [],
    endpoints: { "/e": async () => new Response("served") },
    allowedOrigins: ["https://app.example"],
  });

async function start(options: ListenOptions = {}) {
  const listener = await listen(handler(), options);
  const { port } = listener.address;
  return {
    listener,
    origin: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: () => listener.close(0),
  };
}

const JSON_TYPE = { "content-type": "application/json" };

async function statusesOf(origin: string, host: string): Promise<readonly number[]> {
  const body = Buffer.from("{}");
  const answers = await Promise.all([
    ask(origin, { path: "/e", headers: { host } }),
    ask(origin, { path: METHOD, method: "POST", headers: { host, ...JSON_TYPE }, body: "{}" }),
    sendRaw(origin, { path: METHOD, headers: { ":authority": host, ...JSON_TYPE }, body }),
    sendRaw(origin, { path: "/e", headers: { ":authority": host }, body }),
  ]);
  return answers.map(({ status }) => status);
}

describe("a listener on loopback", () => {
  const own = [
    "127.0.0.1",
    "127.0.0.1:1",
    "localhost:8080",
    "LOCALHOST",
    "[::1]:9",
    "127.9.8.7",
    "auth.example.com",
    "AUTH.example.com:443",
  ];
  it.each(own)("answers its own hosts, and those that are listed: %s", async (host) => {
    await using serving = await start({ allowedHosts: ["auth.example.com"] });
    expect(await statusesOf(serving.origin, host)).toEqual([200, 200, 200, 200]);
  });

  const others = [
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "x.localhost",
    "localhost.",
    "0.0.0.0",
    "127.0.0.1.nip.io",
    "auth.example.com.evil.example",
    "192.168.0.1",
    "[::2]",
  ];
  it.each(others)("answers requests for others with 421, over both versions: %s", async (host) => {
    await using serving = await start({ allowedHosts: ["auth.example.com"] });
    expect(await statusesOf(serving.origin, host)).toEqual([421, 421, 421, 421]);
    // After one that is answered, too.
    expect(await statusesOf(serving.origin, "localhost")).toEqual([200, 200, 200, 200]);
    expect(await statusesOf(serving.origin, host)).toEqual([421, 421, 421, 421]);
  });

  it("says which option lists a host, and not which host it was", async () => {
    await using serving = await start();
    const { body } = await ask(serving.origin, { path: "/e", headers: { host: "evil.example" } });
    expect(body).toContain("allowedHosts");
    expect(body).toContain("--allowed-hosts");
    expect(body).not.toContain("evil");
  });

  it("looks at both names of a request over HTTP/2", async () => {
    await using serving = await start();
    const headers = { ":authority": "127.0.0.1", host: "evil.example", ...JSON_TYPE };
    const body = Buffer.from("{}");
    expect((await sendRaw(serving.origin, { path: METHOD, headers, body })).status).toBe(421);
  });

  it("answers a request without a host with 400", async () => {
    await using serving = await start();
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write("GET /e HTTP/1.0\r\n\r\n");
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("answers no preflight of a page whose name leads to it", async () => {
    await using serving = await start();
    const headers = {
      host: "evil.example",
      origin: "https://app.example",
      "access-control-request-method": "POST",
    };
    const { status, headers: answered } = await ask(serving.origin, {
      method: "OPTIONS",
      path: METHOD,
      headers,
    });
    expect(status).toBe(421);
    expect(answered["access-control-allow-origin"]).toBeUndefined();
  });

  it("holds the admin port to the same", async () => {
    const metrics = { contentType: "text/plain", metrics: async () => "value 1" };
    const listener = await listen(createAdminHandler({ metrics, isReady: () => true }));
    const status = async (host: string) =>
      (await ask(listener.origin, { path: "/metrics", headers: { host } })).status;
    expect(await status("evil.example")).toBe(421);
    expect(await status("localhost:9464")).toBe(200);
    await listener.close(0);
  });

  it("takes a client of HTTP/2 that names it by its address", async () => {
    await using serving = await start();
    const session = connectHttp2(serving.origin);
    const status = await new Promise((resolve) =>
      session.request({ ":path": "/e" }).on("response", (head) => resolve(head[":status"])),
    );
    expect(status).toBe(200);
    session.destroy();
  });
});

const [outer] = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === "IPv4");

describe.skipIf(outer === undefined)("a listener on another address", () => {
  const host = outer?.address ?? "";

  it("answers any host, unless some are listed", async () => {
    await using open = await start({ host });
    const at = (port: number): string => `http://${host}:${port}`;
    expect((await ask(at(open.port), { path: "/e", headers: { host: "any.example" } })).status).toBe(200);
    await using listed = await start({ host, allowedHosts: ["one.example"] });
    expect((await ask(at(listed.port), { path: "/e", headers: { host: "any.example" } })).status).toBe(421);
    expect((await ask(at(listed.port), { path: "/e", headers: { host: "one.example" } })).status).toBe(200);
  });
});

describe("a list of hosts", () => {
  const wrong = ["https://a.example", "a.example:443", "a.example:", "*.example", "", "a b", 5, null];
  it.each(wrong)("is refused with an entry that is none: %j", async (entry) => {
    // Plain JavaScript can give anything.
    const allowedHosts = [entry] as string[];
    expect(() => assertHosts("--allowed-hosts", allowedHosts)).toThrow(
      /^--allowed-hosts: .* is no host without a port/,
    );
    await expect(listen(handler(), { allowedHosts })).rejects.toThrow(TypeError);
  });

  it("is a list", () => {
    expect(() => assertHosts("allowedHosts", "a.example" as never)).toThrow("allowedHosts must be a list");
  });
});
