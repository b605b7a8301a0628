import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runBuf } from "../../support/buf.ts";
import { installDebian } from "../../support/install-debian.ts";

const runFile = promisify(execFile);

/** Where Debian puts packages of Go. */
const DEBIAN_GO = "/usr/share/gocode";
/** What is imported, and the packages of Debian that bring it. */
const PACKAGES = {
  "google.golang.org/grpc": "golang-google-grpc-dev",
  "google.golang.org/protobuf": "golang-google-protobuf-dev",
  "github.com/golang-jwt/jwt": "golang-github-golang-jwt-jwt-dev",
} as const;
const DEBIAN_PACKAGES = ["golang-go", ...Object.values(PACKAGES)];

const PROTO = fileURLToPath(new URL("../../../proto", import.meta.url));
const MAIN = fileURLToPath(new URL("main.go", import.meta.url));

/** What generates Go, and the import paths that the files of it get. */
const GENERATORS = {
  "protoc-gen-go": "google.golang.org/protobuf/cmd/protoc-gen-go",
  "protoc-gen-go-grpc": "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
} as const;
const GO_IMPORTS = {
  "countersign/demo/v1/notes.proto": "countersign/notes",
  "countersign/auth/v1/options.proto": "countersign/options",
} as const;

/** The program, until it is disposed of. */
export interface GoProgram extends AsyncDisposable {
  readonly path: string;
}

/**
 * Build the server, with Go and grpc-go of Debian, which are installed where that is possible.
 *
 * @returns undefined when they are missing; a line says what bench goes without them
 * @throws Error what the compiler says
 */
export async function buildGoServerIfPossible(bench: string): Promise<GoProgram | undefined> {
  if (!installDebian(hasGo, DEBIAN_PACKAGES)) {
    console.error(`${bench}: without grpc-go, since it needs ${DEBIAN_PACKAGES.join(", ")} of Debian`);
    return undefined;
  }
  return await buildGoServer();
}

/** Say whether the server can be built here. */
export function hasGo(): boolean {
  const hasPackages = Object.keys(PACKAGES).every((name) => existsSync(join(DEBIAN_GO, "src", name)));
  return hasPackages && spawnSync("go", ["version"]).status === 0;
}

/** Generate the messages, and compile. */
async function buildGoServer(): Promise<GoProgram> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-bench-go-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    for (const [name, source] of Object.entries(GENERATORS)) {
      await buildGo(folder, join(folder, name), source);
    }
    await generateGo(folder);
    const path = join(folder, "server");
    await buildGo(folder, path, MAIN);
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function buildGo(folder: string, program: string, source: string): Promise<void> {
  const env = { ...process.env, GO111MODULE: "off", GOPATH: [folder, DEBIAN_GO].join(delimiter) };
  await runFile("go", ["build", "-o", program, source], { env });
}

async function generateGo(folder: string): Promise<void> {
  const opt = Object.entries(GO_IMPORTS).map(([file, path]) => `M${file}=${path}`);
  const plugins = Object.keys(GENERATORS).map((name) => ({
    local: join(folder, name),
    out: join(folder, "src"),
    opt,
  }));
  const template = JSON.stringify({ version: "v2", plugins, inputs: [{ directory: PROTO }] });
  const paths = Object.keys(GO_IMPORTS).flatMap((file) => ["--path", join(PROTO, file)]);
  const { code, stderr } = await runBuf(["generate", "--template", template, ...paths], folder);
  if (code !== 0) {
    throw new Error(`buf generated no Go: ${stderr}`);
  }
}
