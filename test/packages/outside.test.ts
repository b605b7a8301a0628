import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { createToRun } from "../docs/addresses.ts";
import { documentOf, ROOT } from "../docs/documents.ts";
import { type Fence, placeOf } from "../docs/markdown.ts";
import { matchesOutput } from "../docs/output.ts";
import { runShellBlocks } from "../docs/shell.ts";
import { findFreePort } from "../support/free-port.ts";
import { notEmpty } from "../support/not-empty.ts";
import { externalPackages, PUBLISHED, TARBALLS } from "../support/packages.ts";
import { startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const isBeginning = ({ attributes, text }: Fence): boolean =>
  attributes.outside !== undefined && text.startsWith("npm run pack -- --to ../greeter\n");

test("every document that begins a project of its own does so with the same lines", () => {
  const documents = ["README.md", "docs/quickstart.md", "docs/your-server.md"].map(documentOf);
  const beginnings = documents.map(({ fences }) => fences.find(isBeginning)?.text);
  expect(beginnings[0]).toBeDefined();
  expect(new Set(beginnings).size).toBe(1);
});

test("the README of @countersign/gen has the settings of buf that the README has", async () => {
  const settings = documentOf("README.md").fences.filter(({ language }) => language === "yaml");
  const readme = await readFile(join(ROOT, "gen/README.md"), "utf8");
  for (const { text } of notEmpty(settings)) {
    expect(readme).toContain(`\`\`\`yaml\n${text}\n\`\`\``);
  }
});

test("what the README has its readers type in an empty folder ends in what it says", async () => {
  await using folder = await createTemporaryFolder();
  await using demo = await startServer();
  const port = String(await findFreePort());
  const toRun = await createToRun(demo, new Map([["8081", Number(port)]]));
  const links = await linksInstead();
  const { fences } = documentOf("README.md");
  const typed = fences.flatMap((fence) => toTyped(fence) ?? []);
  const cwd = join(folder.path, "results");
  await mkdir(cwd);
  const results = await runShellBlocks([{ ...typed[0], text: BEGIN } as Fence, ...typed], {
    cwd,
    path: withoutRepository(),
    env: { npm_config_update_notifier: "false", XDG_CONFIG_HOME: join(folder.path, "config") },
    toRun: (text) => links(toRun(text)).replaceAll("../greeter", join(folder.path, "greeter")),
  });
  for (const { fence, code, stdout, stderr } of results.slice(1)) {
    expect(code, `${placeOf(fence)}\n${stderr}`).toBe(0);
    const next = fences[fences.findIndex(({ line }) => line === fence.line) + 1];
    if (next?.attributes.output !== undefined) {
      expect(matchesOutput(next.text, stdout), `${placeOf(next)} says otherwise than:\n${stdout}`).toBe(true);
    }
  }
  expect(results.filter(({ stdout }) => stdout !== "").length).toBeGreaterThan(4);
});

// Servers that are started have a group of processes each, which ends with the shell.
const BEGIN = `cd '${ROOT}'
set -m
trap 'for job in $(jobs -p); do kill -- -$job; done' EXIT`;

/** What a reader types into the shell for a block: also the lines of its file. */
function toTyped(fence: Fence): Fence | undefined {
  const { language, attributes, text } = fence;
  if (attributes.file !== undefined) {
    const folder = join(attributes.file, "..");
    return { ...fence, text: `mkdir -p ${folder} && cat >${attributes.file} <<'END'\n${text}\nEND` };
  }
  if (language !== "sh" || (attributes["by-hand"] !== undefined && attributes.outside === undefined)) {
    return undefined;
  }
  return text.endsWith("&") ? { ...fence, text: `${text}\n${UNTIL_LISTENING}` } : fence;
}

const UNTIL_LISTENING = "until curl -s -o /dev/null http://127.0.0.1:8081; do sleep 0.1; done";

/** Put what is there in the place of what would be fetched or made anew: the tarballs, and links to the repository's packages. */
async function linksInstead(): Promise<(text: string) => string> {
  const options = "--offline --ignore-scripts --no-audit --no-fund";
  const toLinks = (names: readonly string[]) =>
    names.map((name) => join(ROOT, "node_modules", name)).filter((path) => existsSync(path));
  const needed = toLinks(await externalPackages(PUBLISHED)).join(" ");
  return (text) =>
    text
      .replace(/^npm run pack -- --to (.*)$/m, `mkdir -p $1 && cp ${TARBALLS}/* $1`)
      .replace(/^npm install (\.\/\S+) .*$/m, `npm install ${options} $1 ${needed}`)
      .replaceAll(/^npm install (--save-\w+) (.*)$/gm, (_, save: string, specs: string) => {
        const names = specs.split(" ").map((spec) => spec.replace(/@[\d.]+$/, ""));
        return `npm install ${options} ${save} ${toLinks(names).join(" ")}`;
      });
}

/** The folders in which this machine has its own programs: a reader's shell knows nothing of the repository's. */
function withoutRepository(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.filter((path) => !path.includes("node_modules")).join(delimiter);
}
