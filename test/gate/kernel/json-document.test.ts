import { describe, expect, it } from "vitest";
import { createJsonDocument, type JsonDocument } from "../../../server/gate/src/kernel/json-document.ts";
import { ask, serve } from "../../node/serving.ts";

const PATH = "/.well-known/jwks.json";

const serveDocument = (document: JsonDocument, onError: (error: unknown) => void = () => undefined) =>
  serve({ endpoints: { [PATH]: createJsonDocument(document, onError) } });

describe("a public document", () => {
  it("is served as JSON that scripts of every origin may read", async () => {
    await using serving = await serveDocument({ read: () => ({ keys: [] }) });
    const { status, headers, body } = await ask(serving.origin, { path: `${PATH}?x=1` });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ keys: [] });
    expect(headers["content-type"]).toBe("application/json");
    expect(headers["cache-control"]).toBe("public, max-age=300");
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  it("may be kept for as long as it says", async () => {
    await using serving = await serveDocument({ read: () => ({}), maxAgeSeconds: 60 });
    expect((await ask(serving.origin, { path: PATH })).headers["cache-control"]).toBe("public, max-age=60");
  });

  it("is sent again only when it changed", async () => {
    let keys = ["first"];
    await using serving = await serveDocument({ read: async () => ({ keys }) });
    const { etag } = (await ask(serving.origin, { path: PATH })).headers;
    const again = () => ask(serving.origin, { path: PATH, headers: { "if-none-match": `"x", W/${etag}` } });
    expect(await again()).toMatchObject({ status: 304, body: "" });
    keys = ["second"];
    expect((await again()).status).toBe(200);
  });

  it("is in the hands of who names any version", async () => {
    await using serving = await serveDocument({ read: () => ({}) });
    expect((await ask(serving.origin, { path: PATH, headers: { "if-none-match": "*" } })).status).toBe(304);
  });

  it("answers HEAD without the body", async () => {
    await using serving = await serveDocument({ read: () => ({ keys: [] }) });
    const { headers, body } = await ask(serving.origin, { method: "HEAD", path: PATH });
    expect(headers["content-length"]).toBe("11");
    expect(body).toBe("");
  });

  it("takes no other method", async () => {
    await using serving = await serveDocument({ read: () => ({}) });
    const { status, headers } = await ask(serving.origin, { method: "POST", path: PATH, body: "x" });
    expect(status).toBe(405);
    expect(headers.allow).toBe("GET, HEAD");
  });

  it("is answered with 503 that nothing keeps when it can't be made", async () => {
    const failure = new Error("the store is gone");
    const told: unknown[] = [];
    const read = () => Promise.reject(failure);
    await using serving = await serveDocument({ read }, (error) => told.push(error));
    const { status, headers, body } = await ask(serving.origin, { path: PATH });
    expect(status).toBe(503);
    expect(headers["cache-control"]).toBe("no-store");
    expect(body).not.toContain("store is gone");
    expect(told).toEqual([failure]);
  });
});
