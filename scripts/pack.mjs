// `npm run pack`: the tarballs of all published packages, for projects outside of the repository. They are built anew in
// a folder of their own, and hold nothing that only the repository needs.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeNotices } from "./notices.mjs";
import { publishedFolders, toPublished } from "./published-manifest.mjs";
import { buildEnv, inRoot, readJson, run, SetupError, say, tsc, vite } from "./run.mjs";

const packagesFolder = inRoot("dist", "packages");

/** How a package is bundled: as it says itself, or as all beside it are. Undefined: its modules stay apart. */
function findBundling(folder) {
  const files = [folder, dirname(folder)].map((place) => inRoot(place, "tsdown.config.ts"));
  return files.find((file) => existsSync(file));
}

/** Put a package together in a folder of its own: what is in `dist` may be old, and may be in use. */
function stage(node, folder, to) {
  const complaint = `building ${folder} failed`;
  const output = join(to, "dist");
  const bundling = findBundling(folder);
  if (bundling !== undefined) {
    // The SDK's build puts generated code of its own beside the output.
    const env = { ...buildEnv(), COUNTERSIGN_PACKAGE_DIR: to };
    const tsdown = inRoot("node_modules", "tsdown", "dist", "run.mjs");
    const args = [tsdown, "--config", bundling, "--log-level", "error"];
    run(node, args, { complaint, env, cwd: inRoot(folder) });
    writeNotices(output);
  } else {
    // No maps: the sources that they lead to are not in the package.
    const files = ["--outDir", output, "--tsBuildInfoFile", join(to, ".tsbuildinfo")];
    const maps = ["--sourceMap", "false", "--declarationMap", "false"];
    run(node, [tsc, "-p", folder, ...files, ...maps], { complaint });
  }
  if (folder === PAGE_OWNER) {
    buildPage(node, join(output, "page"));
  }
  const manifest = readJson(inRoot(folder, "package.json"));
  const published = toPublished(manifest, { folder, repository: readJson(inRoot("package.json")) });
  writeFileSync(join(to, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
  copyFileSync(inRoot("LICENSE"), join(to, "LICENSE"));
  // What its manifest lists beside what is built.
  const listed = manifest.files.filter((name) => !/^(?:!|dist\b|src\b)/.test(name));
  for (const name of ["README.md", "CHANGELOG.md", ...listed]) {
    if (existsSync(inRoot(folder, name))) {
      cpSync(inRoot(folder, name), join(to, name), { recursive: true, dereference: true });
    }
  }
}

/** The package that ships the page of web-demo. */
const PAGE_OWNER = "server/demo";

function buildPage(node, to) {
  const args = ["build", "--logLevel", "warn", "--outDir", to, "--emptyOutDir"];
  run(node, [vite, ...args], {
    complaint: "building the page failed",
    cwd: inRoot("web-demo"),
    env: buildEnv(),
  });
}

/** Make the tarballs, and an index of them, in a folder. */
export function pack(node, to) {
  mkdirSync(inRoot("dist"), { recursive: true });
  const staging = mkdtempSync(inRoot("dist", "staging-"));
  try {
    run(node, [tsc, "-b", "server/cli"], { complaint: "building the server failed" });
    const staged = publishedFolders().map((folder) => {
      const path = join(staging, folder);
      say(`building ${folder} …`);
      mkdirSync(path, { recursive: true });
      stage(node, folder, path);
      return path;
    });
    removeTarballs(to);
    say("packing them …");
    const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", to];
    run("npm", [...args, ...staged], { complaint: "packing failed", output: "ignore" });
    // The last one: what reads it finds all of its tarballs.
    writeFileSync(join(to, INDEX), `${JSON.stringify(toIndex(staged), null, 2)}\n`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Names the tarball of each package, those first that others need: `{ "@countersign/gen": "countersign-gen-0.1.0.tgz" }`. */
const INDEX = "packages.json";

/** Read which tarball in a folder is of which package. */
export function readIndex(folder) {
  return readJson(join(folder, INDEX));
}

function toIndex(staged) {
  const manifests = staged.map((path) => readJson(join(path, "package.json")));
  return Object.fromEntries(manifests.map((manifest) => [manifest.name, toTarballName(manifest)]));
}

/** What npm calls the tarball of a package. */
function toTarballName({ name, version }) {
  return `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}

function removeTarballs(folder) {
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, INDEX), { force: true });
  const old = readdirSync(folder).filter((name) => /^(?:create-)?countersign-.*\.tgz$/.test(name));
  for (const name of old) {
    rmSync(join(folder, name));
  }
}

/** What an application has beside the packages, in the releases that they are tested on: all three have to fit together. */
function testedPeers() {
  const { devDependencies } = readJson(inRoot("server/node/package.json"));
  const names = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node"];
  return names.map((name) => `${name}@${devDependencies[name]}`);
}

/** The command that installs what was packed, to be pasted into a shell. */
function toInstallCommand(folder) {
  const quoted = /^[\w./@-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`;
  return `npm install ${quoted}/countersign-*.tgz ${testedPeers().join(" ")}`;
}

function parsePackArgs(args) {
  try {
    return parseArgs({ args, options: { to: { type: "string" } } }).values;
  } catch {
    throw new SetupError("usage: npm run pack [-- --to FOLDER]");
  }
}

/** Make the tarballs of all packages that are published. Old ones in the folder go. */
export function packPackages(node, args) {
  const { to = packagesFolder } = parsePackArgs(args);
  // npm runs scripts in the root: a path is meant from where it was typed.
  const folder = resolve(process.env.INIT_CWD ?? ".", to);
  pack(node, folder);
  say("all packed. This command installs them in a project of your own:");
  console.log(toInstallCommand(folder));
}
