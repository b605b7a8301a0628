// What comes from Debian's packages where it is missing. Plain JavaScript without dependencies, for any Node ≥ 20.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { childEnv, root, SetupError, say } from "./run.mjs";

const isRoot = process.getuid?.() === 0;

/** List where programs would be, in the order in which a shell looks. */
export function inPath(...names) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/bin", "/usr/bin", "/snap/bin"];
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** What the tests in other browsers start, and the packages of Debian that bring it. */
export const BROWSERS = { WebKitWebDriver: "webkit2gtk-driver", Xvfb: "xvfb", "firefox-esr": "firefox-esr" };

/** The same for the examples in Go and Python: programs, and folders of packages. */
export const LANGUAGES = {
  go: "golang-go",
  "/usr/share/gocode/src/google.golang.org/grpc": "golang-google-grpc-dev",
  "/usr/lib/python3/dist-packages/grpc": "python3-grpcio",
  protoc: "protobuf-compiler",
  grpc_python_plugin: "protobuf-compiler-grpc",
  "protoc-gen-go": "protoc-gen-go",
  "protoc-gen-go-grpc": "protoc-gen-go-grpc",
};

/** The same for the alerts. */
export const PROMETHEUS = { promtool: "prometheus" };

/** Get what is missing of a table. */
export function findFromDebian(table, what) {
  const isThere = (name) => (name.startsWith("/") ? existsSync(name) : inPath(name).some(existsSync));
  const missing = () => Object.keys(table).filter((name) => !isThere(name));
  if (missing().length === 0) {
    return;
  }
  say(`getting ${what}, once …`);
  installPackages(missing().map((name) => table[name]));
  const lacking = missing();
  if (lacking.length === 0) {
    return;
  }
  const packages = lacking.map((name) => table[name]).join(" ");
  throw new SetupError(
    `these tests need ${lacking.join(", ")}. On Debian, this gets them: apt-get install ${packages}`,
  );
}

/** Get packages of Debian, if this is Debian and we may. */
export function installPackages(names) {
  if (!isRoot || !inPath("apt-get").some(existsSync)) {
    return;
  }
  attempt("apt-get", ["update", "-qq"]);
  attempt("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names]);
}

/** Try one way of several; the next one is tried when it fails. */
export function attempt(program, args) {
  const env = { ...childEnv(), DEBIAN_FRONTEND: "noninteractive" };
  spawnSync(program, args, { cwd: root, stdio: "inherit", env });
}
