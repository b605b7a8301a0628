import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import {
  type AddressInfo,
  connect,
  createServer as createListener,
  type Server,
  type Socket,
} from "node:net";
import { join } from "node:path";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { systemClock } from "@countersign/sdk";
import { createFakeServer } from "@countersign/sdk/testing";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { createProject, runTool, unpack } from "../../support/packages.ts";
import { startProgram } from "../../support/program.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../../support/temporary-folder.ts";

let folder: TemporaryFolder;
/** The package as it is published. */
let unpacked: string;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  unpacked = join(folder.path, "unpacked");
  await unpack("sdk", unpacked);
});
afterAll(() => folder[Symbol.asyncDispose]());

test("the lines of the README are those that the fresh projects below run", async () => {
  const readme = await readFile(join(unpacked, "README.md"), "utf8");
  const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code.trim().split("\n"));
  const calls = [BROWSER_CALL, NODE_CALL];
  expect(snippets).toHaveLength(calls.length);
  for (const [index, lines] of snippets.entries()) {
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      expect(calls[index]).toContain(line);
    }
  }
});

test("the package holds neither source nor generated code nor a name of the repository's own packages", async () => {
  const manifest = JSON.parse(await readFile(join(unpacked, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ sideEffects: false, type: "module" });
  expect(manifest).not.toHaveProperty("devDependencies");
  expect(manifest).not.toHaveProperty("dependencies");
  const names = await readdir(join(unpacked, "dist"), { recursive: true });
  for (const name of notEmpty(names.filter((each) => /\.(js|d\.ts)$/.test(each)))) {
    const text = await readFile(join(unpacked, "dist", name), "utf8");
    expect(text).not.toContain("@countersign/gen");
    expect(text).not.toContain("@countersign/source");
    if (!name.startsWith("node/")) {
      expect(text, name).not.toMatch(/from "node:/);
    }
  }
});

const PEERS = ["@bufbuild/protobuf", "@connectrpc/connect"];

interface DemoServer extends AsyncDisposable {
  readonly baseUrl: string;
}

/** A fake server that speaks HTTP/1.1 and HTTP/2 on one port, as the real one does. */
async function startDemoServer(): Promise<DemoServer> {
  const server = createFakeServer({ clock: systemClock });
  const handler = connectNodeAdapter({
    routes(router) {
      server.routes(router);
      router.service(NotesService, {
        createNote({ title }, { requestHeader }) {
          server.authenticate(requestHeader);
          return { id: "1", title };
        },
      });
    },
  });
  const http1 = createServer(handler);
  const http2 = createHttp2Server(handler);
  const ports = { http1: await listen(http1), http2: await listen(http2) };
  const sockets = new Set<Socket>();
  const listener = createListener((socket) => {
    socket.once("data", (preface: Buffer) => {
      const isHttp2 = preface.toString("latin1", 0, 3) === "PRI";
      const inner = connect(isHttp2 ? ports.http2 : ports.http1, "127.0.0.1");
      for (const end of [socket, inner]) {
        sockets.add(end.on("error", () => end.destroy()));
      }
      inner.write(preface);
      socket.pipe(inner).pipe(socket);
    });
  });
  return {
    baseUrl: `http://127.0.0.1:${await listen(listener)}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) {
        socket.destroy();
      }
      for (const server of [listener, http1, http2]) {
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const NODE_CALL = `
import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
const baseUrl = process.argv[2];
const [username, password] = ["demo", "demo-password"];

const session = createSession({ baseUrl });
const transport = createNodeTransport({ baseUrl, session });
await session.signIn({ username, password });
const notes = createClient(NotesService, transport);

console.log((await notes.createNote({ title: "first" })).title);
console.log((await session.signOut()).revoked);
`;

test("a plain Node project makes its first call in four lines, and ends by itself", async () => {
  await using server = await startDemoServer();
  const project = await createProject({
    folder: join(folder.path, "node"),
    published: ["gen", "sdk"],
    packages: [...PEERS, "@connectrpc/connect-node"],
    files: { "main.js": NODE_CALL },
  });
  const args = ["main.js", server.baseUrl];
  await using program = startProgram({ file: process.execPath, args, cwd: project });
  expect(await program.ended).toEqual({ code: 0, stdout: "first\ntrue\n", stderr: "" });
});

const BROWSER_CALL = `
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createSession, type SessionStore } from "@countersign/sdk/browser";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";

// An option that a program may or may not have is handed on as it is, under exactOptionalPropertyTypes as well.
export const handOn = (options: { store: SessionStore | undefined; signal: AbortSignal | undefined }): Promise<string> =>
  createSession({ baseUrl: "/", source: undefined, store: options.store }).token({ signal: options.signal });

export async function firstCall(baseUrl: string, username: string, password: string): Promise<string> {
  const session = createSession({ baseUrl });
  const transport = createGrpcWebTransport({ baseUrl, interceptors: [session.interceptor] });
  await session.signIn({ username, password });
  const notes = createClient(NotesService, transport);
  return (await notes.createNote({ title: "first" })).title;
}
`;

test("a Vite project builds the four lines of the browser without anything of Node", async () => {
  const project = await createProject({
    folder: join(folder.path, "vite"),
    published: ["gen", "sdk"],
    packages: [...PEERS, "@connectrpc/connect-web", "typescript"],
    files: { "main.ts": BROWSER_CALL },
  });
  const compile = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--target",
    "es2022",
  ];
  await runTool("tsc", [...compile, "--lib", "es2022,dom", "main.ts"], project);
  const result = await build({
    root: project,
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["browser", "import", "default"] },
    build: { write: false, lib: { entry: "main.ts", formats: ["es"], fileName: "main" } },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !("output" in output)) {
    throw new Error("vite built nothing");
  }
  expect(output.output).toHaveLength(1);
  expect(output.output[0].code).not.toMatch(/node:|process\.(?!env)/);
  expect(output.output[0].code).toContain("countersign.auth.v1.");
});

const SERVER_RENDERING = `
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { createSession } from "@countersign/sdk/browser";
import { SessionProvider, useSession } from "@countersign/sdk/react";

const session = createSession({ baseUrl: "https://api.example" });
const Status = () => useSession().status;
console.log(renderToString(createElement(SessionProvider, { session }, createElement(Status))));
`;

test("a project that renders on a server imports the browser's entry without a browser", async () => {
  const project = await createProject({
    folder: join(folder.path, "next"),
    published: ["sdk"],
    packages: [...PEERS, "@connectrpc/connect-web", "react", "react-dom"],
    files: { "main.js": SERVER_RENDERING },
  });
  await using program = startProgram({ file: process.execPath, args: ["main.js"], cwd: project });
  expect(await program.ended).toMatchObject({ code: 0, stdout: "loading\n", stderr: "" });
});
