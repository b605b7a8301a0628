import { readFileSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "../../../server/cli/src/run-command.ts";
import { repositoryRoot } from "../../architecture/source-tree.ts";
import { runProgram } from "../../support/program.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../../support/temporary-folder.ts";
import { recordingTerminal } from "../recording-terminal.ts";

type Files = Readonly<Record<string, string>>;

/** A server whose proto is not in the project: nothing has to be compiled. */
const FOREIGN: Files = {
  ".gitignore": "node_modules\n",
  "package.json": `{
    "name": "shop",
    "type": "module",
    "scripts": { "test": "node --test test/shop.test.ts" },
    "dependencies": { "@bufbuild/protobuf": "^2.6.0", "@connectrpc/connect": "^2.0.0" }
}
`,
  "gen/notes_pb.ts": readFileSync(join(repositoryRoot, "gen/es/countersign/demo/v1/notes_pb.ts"), "utf8"),
  "src/routes.ts": `import type { ConnectRouter } from "@connectrpc/connect";
import { NotesService } from "../gen/notes_pb.ts";

export const routes = (router: ConnectRouter) => router.service(NotesService, {});
`,
  "src/server.ts": `import { createServer } from "node:http";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { routes } from "./routes.ts";

createServer(connectNodeAdapter({ interceptors: [], routes })).listen(0);
`,
  "test/shop.test.ts": "",
};

/** The proto is the project's own, and its code is not generated yet. */
const OWN: Files = {
  ...FOREIGN,
  "gen/notes_pb.ts": "",
  "src/routes.ts": (FOREIGN["src/routes.ts"] ?? "")
    .replace("gen/notes_pb", "gen/shop/v1/shop_pb")
    .replaceAll("NotesService", "ShopService"),
  "buf.yaml": "version: v2\nmodules:\n  - path: proto\n",
  "buf.gen.yaml": `version: v2
plugins:
  - local: protoc-gen-es
    out: gen
    opt: [target=ts, import_extension=ts, erasable_syntax=true]
inputs:
  - directory: proto
`,
  "proto/shop/v1/shop.proto": `syntax = "proto3";
package shop.v1;
service ShopService {
  rpc GetItem(Item) returns (Item);
  rpc BanBuyer(Item) returns (Item) {}
}
message Item {}
`,
};

const { PATH = "", HOME = "" } = process.env;
let place: TemporaryFolder;
beforeEach(async () => {
  place = await createTemporaryFolder();
});
afterEach(() => place[Symbol.asyncDispose]());

const program = (file: string, args: readonly string[]) => runProgram({ file, args, cwd: place.path });
const read = (path: string) => readFile(join(place.path, path), "utf8");

/** Begin a project whose packages are those of the repository. */
async function beginProject(files: Files): Promise<void> {
  await symlink(join(repositoryRoot, "node_modules"), join(place.path, "node_modules"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(place.path, path)), { recursive: true });
    await writeFile(join(place.path, path), text);
  }
  await program("git", ["init", "--quiet"]);
  await program("git", ["add", "--all"]);
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  await program("git", [...author, "commit", "--quiet", "--message", "test"]);
}

async function init(args: readonly string[], confirms?: boolean) {
  const terminal = recordingTerminal({ env: { PATH, HOME }, ...(confirms !== undefined && { confirms }) });
  const code = await runCommand(["init", place.path, ...args], terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
}

const status = async () => (await program("git", ["status", "--porcelain"])).stdout;

test("a server is guarded by rules in its proto, and the test that is written passes", async () => {
  await beginProject(OWN);
  expect(await init(["--issuer", "https://login.example.com", "--yes"])).toMatchObject({ code: 0 });
  expect(await read("src/server.ts")).toContain(
    "connectNodeAdapter({ ...guardRoutes(routes), interceptors: [] })",
  );
  expect(await read("proto/shop/v1/shop.proto")).toContain('      roles: "admin"\n');
  expect(await read("src/guard-routes.ts")).toContain('= [{ issuer: "https://login.example.com"');
  // What is refused is written once: by the audit.
  expect(await read("src/guard-routes.ts")).toContain("logRefusals: false");
  expect(JSON.parse(await read("package.json"))).toMatchObject({
    scripts: { test: "node --test test/shop.test.ts test/policies.test.ts" },
    dependencies: { "@bufbuild/protobuf": "^2.17.0", "@countersign/server": expect.any(String) },
  });
  expect(await read("test/policies.test.ts")).toContain(
    '    "shop.v1.ShopService/BanBuyer authenticated admin",\n    "shop.v1.ShopService/GetItem authenticated",\n',
  );
  await writeFile(join(place.path, "test/shop.test.ts"), OF_THE_PROJECT);
  const args = ["--conditions=@countersign/source", "--test", "test/policies.test.ts", "test/shop.test.ts"];
  expect((await program(process.execPath, args)).stdout).toContain("pass 2");
});

/** A test that calls the server with the rules, by an issuer of its own. */
const OF_THE_PROJECT = `import { test } from "node:test";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { createTestIssuer, withToken } from "@countersign/server/testing";
import { ShopService } from "../gen/shop/v1/shop_pb.ts";
import { guardRoutes } from "../src/guard-routes.ts";

test("a buyer reads", async () => {
  const issuer = await createTestIssuer({ audience: "shop" });
  const { routes } = guardRoutes((router) => router.service(ShopService, { getItem: () => ({}) }), [issuer.trust]);
  const client = createClient(ShopService, createRouterTransport(routes));
  await withToken(client, await issuer.token({ subject: "ada" })).getItem({});
});
`;

test("a proto behind a link that leads out of the project stays as it is: its service gets its rule from the server", async () => {
  await using elsewhere = await createTemporaryFolder();
  const path = join(elsewhere.path, "shop.proto");
  const text = OWN["proto/shop/v1/shop.proto"] ?? "";
  await writeFile(path, text);
  await mkdir(join(place.path, "proto/shop/v1"), { recursive: true });
  await symlink(path, join(place.path, "proto/shop/v1/shop.proto"));
  const { "proto/shop/v1/shop.proto": _, ...others } = OWN;
  await beginProject(others);
  expect((await init(["--yes"])).err).toContain("hold the list of auth.policyTable in a test");
  expect(await read("src/guard-routes.ts")).toContain("new Map([[ShopService, AUTHENTICATED_POLICY]])");
  expect(await readFile(path, "utf8")).toBe(text);
});

test("a service whose proto is elsewhere gets its rule from the server, once", async () => {
  await beginProject(FOREIGN);
  expect(await init(["--yes"])).toMatchObject({ code: 0 });
  expect(await read("src/guard-routes.ts")).toContain(
    "policies: new Map([[NotesService, AUTHENTICATED_POLICY]])",
  );
  expect(await read("test/policies.test.ts")).toContain(
    '"countersign.demo.v1.NotesService/CreateNote authenticated",',
  );
  const again = await init(["--yes", "--allow-dirty"]);
  expect(again.err).toContain("src/guard-routes.ts is there already");
  expect(again.code).toBe(1);
});

test("a server that a bundler reads gets imports with endings, when its tests are read by Node", async () => {
  const routes = (OWN["src/routes.ts"] ?? "").replace("shop_pb.ts", "shop_pb");
  const test = 'import { ShopService } from "../gen/shop/v1/shop_pb.ts";\n';
  const template = (OWN["buf.gen.yaml"] ?? "").replace("import_extension=ts, ", "");
  await beginProject({
    ...OWN,
    "buf.gen.yaml": template,
    "src/routes.ts": routes,
    "test/shop.test.ts": test,
  });
  const bin = join(place.path, "node_modules/.bin");
  const env = { PATH: `${bin}:${PATH}` };
  await runProgram({ file: join(bin, "buf"), args: ["generate"], cwd: place.path, env });
  expect(await init(["--yes", "--allow-dirty"])).toMatchObject({ code: 0 });
  expect(await read("src/guard-routes.ts")).toContain('from "../gen/shop/v1/shop_pb.ts"');
  expect(await read("buf.gen.yaml")).toContain("import_extension=ts");
  const args = ["--conditions=@countersign/source", "--test", "test/policies.test.ts"];
  expect((await program(process.execPath, args)).stdout).toContain("pass 1");
});

test("nothing is written without a yes", async () => {
  await beginProject(FOREIGN);
  const unasked = await init([]);
  expect(unasked).toMatchObject({ code: 0, err: "Nothing is written: say --yes to write it." });
  expect(unasked.out).toContain("+++ b/src/guard-routes.ts");
  expect(await init([], false)).toMatchObject({ code: 0, err: "" });
  const dry = await init(["--dry-run", "--yes", "--json"]);
  expect(JSON.parse(dry.out)).toEqual({
    written: false,
    diff: expect.stringContaining("diff --git"),
    left: [],
  });
  expect(await status()).toBe("");
  expect(await init([], true)).toMatchObject({ code: 0 });
  expect(await status()).toContain("src/guard-routes.ts");
});

test("a project whose protos do not compile stays as it is", async () => {
  await beginProject({ ...OWN, "proto/shop/v1/shop.proto": "service" });
  const { code, err } = await init(["--yes"]);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("shop.proto:1:") });
  expect(await status()).toBe("");
});

test("what is not known is left to the user, and the command fails", async () => {
  const server = (FOREIGN["src/server.ts"] ?? "").replace("{ interceptors: [], routes }", "options");
  await beginProject({ ...FOREIGN, "src/server.ts": server });
  const { code, err } = await init(["--yes"]);
  expect(code).toBe(1);
  expect(err).toContain("src/server.ts:5 connectNodeAdapter has its options from elsewhere");
  expect(err).toContain("give the routes to guardRoutes of src/guard-routes.ts");
  expect(await read("src/server.ts")).toBe(server);
  expect(await status()).toContain("src/guard-routes.ts");
});

test("changes that are not committed are refused, and so are Connect 1 and a folder without a server", async () => {
  const manifest = '{"dependencies": {"@connectrpc/connect": "^1.4.0"}}';
  await beginProject({
    ".gitignore": "node_modules\n",
    "package.json": manifest,
    "a.ts": "router.service(a);",
  });
  expect((await init([])).err).toContain("package.json has Connect 1");
  await writeFile(join(place.path, "a.ts"), "");
  expect((await init([])).err).toContain("there are changes that are not committed");
  expect((await init(["--allow-dirty"])).err).toContain("no server is found");
});
