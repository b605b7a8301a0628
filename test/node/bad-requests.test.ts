import { once } from "node:events";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../server/gate/src/kernel/endpoint.ts";
import type { RpcOptions } from "../../server/node/src/rpc-options.ts";
import { sendRaw } from "../support/raw-call.ts";
import { ask, connectRaw, readAll, serve } from "./serving.ts";

const SERVICE = "/countersign.demo.v1.NotesService";

const routes: RpcOptions["routes"] = (router) =>
  router.service(NotesService, { createNote: ({ title }) => ({ title }) });

describe("a request that is not well-formed", () => {
  const targets = ["//evil.example/x", "*", "http://a/", "no-slash"];
  for (const target of targets) {
    for (const method of ["GET", "OPTIONS"]) {
      it(`is answered with 400 (${method} ${target})`, async () => {
        await using serving = await serve({ routes });
        expect((await ask(serving.origin, { method, path: target })).status).toBe(400);
        expect((await ask(serving.origin, { path: "/" })).status).toBe(404);
      });
    }
  }

  for (const host of ["a b", "[", "a:99999", "a/b@c"]) {
    it(`is answered with 400 (Host: ${host})`, async () => {
      await using serving = await serve({ routes });
      const path = `${SERVICE}/CreateNote`;
      const headers = { host, "content-type": "application/json" };
      expect((await ask(serving.origin, { method: "POST", path, headers, body: "{}" })).status).toBe(400);
    });
  }

  for (const unaryFastPath of [true, false]) {
    it(`is answered with 400 when it names two hosts over HTTP/2, with the fast path: ${unaryFastPath}`, async () => {
      const endpoint: Endpoint = async () => new Response("body");
      await using serving = await serve({ routes, unaryFastPath, endpoints: { "/endpoint": endpoint } });
      const statuses = async (host: string) => {
        const headers = { ":authority": "a.example", host, "content-type": "application/json" };
        const body = Buffer.from("{}");
        const calls = [`${SERVICE}/CreateNote`, "/endpoint", "/nothing"].map((path) =>
          sendRaw(serving.origin, { path, headers, body }),
        );
        return (await Promise.all(calls)).map(({ status }) => status);
      };
      expect(await statuses("b.example")).toEqual([400, 400, 400]);
      expect(await statuses("A.example:80")).toEqual([200, 200, 404]);
    });
  }

  const raw = [
    "POST / HTTP/1.1\r\n\r\n",
    "\0\0\0\0\r\n\r\n",
    "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ];
  for (const bytes of raw) {
    it(`is answered with 400 (${JSON.stringify(bytes).slice(0, 60)})`, async () => {
      await using serving = await serve({ routes });
      const socket = await connectRaw(serving.port);
      const answer = readAll(socket);
      socket.end(bytes);
      expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    });
  }
});

describe("a call that is not an RPC", () => {
  const path = `${SERVICE}/CreateNote`;
  const calls = [
    { name: "an unknown method", options: { method: "POST", path: `${SERVICE}/Nothing` }, status: 404 },
    { name: "an escaped name", options: { method: "POST", path: `${SERVICE}/Create%4eote` }, status: 404 },
    { name: "GET of a method with side effects", options: { method: "GET", path }, status: 405 },
    {
      name: "an unknown media type",
      options: { method: "POST", path, headers: { "content-type": "text/html" } },
      status: 415,
    },
    {
      name: "no body at all",
      options: { method: "POST", path, headers: { "content-type": "application/json" } },
      status: 400,
    },
  ];
  for (const { name, options, status } of calls) {
    it(`is answered with ${status} (${name})`, async () => {
      await using serving = await serve({ routes });
      expect((await ask(serving.origin, options)).status).toBe(status);
    });
  }

  it("is answered with JSON when nothing is there", async () => {
    await using serving = await serve({ routes });
    const { headers, body } = await ask(serving.origin, { path: "/nothing" });
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body)).toEqual({ error: "not found" });
  });

  it("is answered with 500, and told to onError, when something breaks outside of a call", async () => {
    const failure = new Error("broken");
    const told: unknown[] = [];
    const contextValues = () => {
      throw failure;
    };
    await using serving = await serve({ routes, contextValues, onError: (error) => told.push(error) });
    const headers = { "content-type": "application/json" };
    const answer = await ask(serving.origin, { method: "POST", path, headers, body: "{}" });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain("broken");
    expect(told).toEqual([failure]);
  });
});

describe("a connection that breaks", () => {
  it("between two requests sent at once does not end the process", async () => {
    await using serving = await serve({ routes });
    const head = (type: string) =>
      `POST ${SERVICE}/CreateNote HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    // The second is refused while the answer to the first is on its way, and its body is not well-formed.
    const bytes = `${head("application/json")}2\r\n{}\r\n0\r\n\r\n${head("text/html")}2\r\n{}\r\n0x`;
    for (let round = 0; round < 20; round += 1) {
      const socket = await connectRaw(serving.port);
      const answer = readAll(socket);
      socket.write(bytes);
      await once(socket, "data");
      socket.resetAndDestroy();
      await answer;
    }
    expect((await ask(serving.origin)).status).toBe(404);
  });
});
