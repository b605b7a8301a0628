import { mkdir, symlink, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { createStaticFiles } from "../../server/demo/src/static-files.ts";
import { ask, serve } from "../node/serving.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

/** Serve a folder of files that lies beside a secret. */
async function servePage() {
  const folder = await createTemporaryFolder();
  const root = join(folder.path, "public");
  await mkdir(join(root, "assets"), { recursive: true });
  await mkdir(join(root, ".git"));
  await mkdir(join(folder.path, "public-secrets"));
  const files = {
    "public/index.html": "<!doctype html>",
    "public/favicon.svg": "<svg/>",
    "public/empty.txt": "",
    "public/with space.txt": "spaced",
    "public/unknown.xyz": "?",
    "public/assets/index-BxT3_a9Q.js": "export {};",
    "public/assets/plain.css": "a{}",
    "public/.env": "secret",
    "public/.git/config": "secret",
    "public-secrets/key.txt": "secret",
    "secret.txt": "secret",
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder.path, name), content);
  }
  await symlink(join(folder.path, "secret.txt"), join(root, "link.txt"));
  const serving = await serve({ pages: createStaticFiles(root) });
  return {
    ...serving,
    root,
    [Symbol.asyncDispose]: async () => {
      await serving[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("static files", () => {
  const served = [
    { path: "/", type: "text/html; charset=utf-8", cache: "no-cache", body: "<!doctype html>" },
    { path: "/?session=1", type: "text/html; charset=utf-8", cache: "no-cache", body: "<!doctype html>" },
    { path: "/favicon.svg", type: "image/svg+xml", cache: "no-cache", body: "<svg/>" },
    { path: "/empty.txt", type: "text/plain; charset=utf-8", cache: "no-cache", body: "" },
    { path: "/with%20space.txt", type: "text/plain; charset=utf-8", cache: "no-cache", body: "spaced" },
    { path: "/unknown.xyz", type: "application/octet-stream", cache: "no-cache", body: "?" },
    { path: "/assets/plain.css", type: "text/css; charset=utf-8", cache: "no-cache", body: "a{}" },
    {
      path: "/assets/index-BxT3_a9Q.js",
      type: "text/javascript; charset=utf-8",
      cache: "public, max-age=31536000, immutable",
      body: "export {};",
    },
  ];
  it("come with their type, and with how long they may be kept", async () => {
    await using serving = await servePage();
    for (const { path, type, cache, body } of served) {
      const answer = await ask(serving.origin, { path });
      expect({ path, status: answer.status, body: answer.body }).toEqual({ path, status: 200, body });
      expect(answer.headers["content-type"]).toBe(type);
      expect(answer.headers["cache-control"]).toBe(cache);
    }
  });

  const hidden = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/../public-secrets/key.txt",
    "/link.txt",
    "/.env",
    "/.git/config",
    "/assets/.%00",
    "/%00",
    "/%ff",
    "/%",
    "/assets",
    "/assets/",
    "/assets//plain.css",
    "/./index.html",
    "/deep/link",
    `/${"x".repeat(5000)}`,
  ];
  it("are missing when they lie outside, are hidden, or are not files", async () => {
    await using serving = await servePage();
    for (const path of hidden) {
      const { status, body } = await ask(serving.origin, { path });
      expect({ path, status, body }).toEqual({ path, status: 404, body: '{"error":"not found"}\n' });
    }
  });

  it("carry headers that keep a page to its own origin", async () => {
    await using serving = await servePage();
    const { headers } = await ask(serving.origin);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  it("are sent again only when they changed", async () => {
    await using serving = await servePage();
    const { etag } = (await ask(serving.origin)).headers;
    const again = () => ask(serving.origin, { headers: { "if-none-match": etag } });
    expect(await again()).toMatchObject({ status: 304, body: "" });
    await writeFile(join(serving.root, "index.html"), "<!doctype html><p>");
    expect(await again()).toMatchObject({ status: 200, body: "<!doctype html><p>" });
  });

  it("answer HEAD without the body, over either protocol", async () => {
    await using serving = await servePage();
    const { headers, body } = await ask(serving.origin, { method: "HEAD" });
    expect(headers["content-length"]).toBe("15");
    expect(body).toBe("");
    const session = connectHttp2(serving.origin);
    expect(await text(session.request({ ":method": "HEAD", ":path": "/" }))).toBe("");
    expect(await text(session.request({ ":path": "/" }))).toBe("<!doctype html>");
    session.destroy();
  });

  it("take no POST", async () => {
    await using serving = await servePage();
    expect((await ask(serving.origin, { method: "POST", body: "x" })).status).toBe(404);
  });
});
