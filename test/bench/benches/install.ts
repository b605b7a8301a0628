import { existsSync } from "node:fs";
import { join } from "node:path";
import { broughtBy, findInstalled, sizeOf } from "../../support/installed.ts";
import {
  createProject,
  externalPackages,
  type PublishedName,
  packPublished,
} from "../../support/packages.ts";
import { runProgram } from "../../support/program.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import type { Bench, BenchOptions, Reading, Row, Side } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

/** What a team installs, by the role that it needs, and what its application imports then. */
const ROLES = {
  gate: { published: ["gen", "server"], imports: ["@countersign/server"] },
  node: { published: ["gen", "server", "node"], imports: ["@countersign/server", "@countersign/node"] },
  issuer: { published: ["gen", "server", "issuer"], imports: ["@countersign/server", "@countersign/issuer"] },
} as const satisfies Readonly<Record<string, Role>>;

interface Role {
  readonly published: readonly PublishedName[];
  readonly imports: readonly string[];
}

/** What a gate may bring beside its peers: it is what a team takes that has a server. */
const MOST_PACKAGES = 6;

/** The median is of twice as many processes as there are rounds: ten, unless it is said otherwise. */
const PROCESSES_PER_ROUND = 2;

/**
 * What each role costs an application that takes it alone: packages, disk, and the time of its imports.
 *
 * @param pack what packs the packages. Default: all of them are packed anew
 */
export function createInstallBench(pack: () => Promise<void> = packPublished): Bench {
  return {
    name: "install",
    describe: [
      "the packed packages of one role, installed by npm into an empty folder: the packages that come along beside the",
      "peers, the size of all files, peers included, and the processor time of the imports in a fresh process;",
      "node and issuer are imported together with the gate, which they are of no use without",
    ],
    comparisons: [
      { ours: "gate packages", better: "lower", target: MOST_PACKAGES },
      ...Object.keys(ROLES).flatMap((role) =>
        ["disk", "import"].map((what) => ({
          ours: `${role} ${what}`,
          theirs: `${role}-before ${what}`,
          better: "lower" as const,
        })),
      ),
    ],
    async run(options) {
      await pack();
      return await runInstall(options);
    },
  };
}

async function runInstall({ rounds, before }: BenchOptions): Promise<readonly Row[]> {
  await using folder = await createTemporaryFolder();
  const sides: Side[] = [];
  for (const [role, { published, imports }] of Object.entries(ROLES)) {
    const packages = await externalPackages(published);
    const project = await createProject({ folder: join(folder.path, role), published, packages, files: {} });
    sides.push(await createSide(role, { project, imports }));
    if (before === undefined) {
      continue;
    }
    const earlier = imports.map((name) => toEarlier(name, before));
    sides.push(await createSide(`${role}-before`, { project: before, imports: earlier }));
  }
  return await interleave("install", sides, rounds * PROCESSES_PER_ROUND);
}

/** The first packages were one: what has a package of its own now was an entry of it. */
function toEarlier(name: string, project: string): string {
  const isThere = existsSync(join(project, "node_modules", name));
  return isThere ? name : name.replace("@countersign/", "@countersign/server/");
}

/** An application. */
interface Application {
  /** Its folder. */
  readonly project: string;
  readonly imports: readonly string[];
}

async function createSide(name: string, { project, imports }: Application): Promise<Side> {
  const roots = imports.map((entry) => entry.split("/", 2).join("/"));
  const installed = await findInstalled(project, roots);
  const sizes = await Promise.all(installed.map(sizeOf));
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
  const packages = broughtBy(installed).length;
  return {
    name,
    measure: async (): Promise<readonly Reading[]> => [
      { side: `${name} packages`, unit: "packages", value: packages },
      { side: `${name} disk`, unit: "MB", value: megabytes },
      { side: `${name} import`, unit: "ms", value: await importMs(project, imports) },
    ],
  };
}

/** Measure the processor time of imports in a process of its own. The start of Node is not part of it. */
async function importMs(project: string, imports: readonly string[]): Promise<number> {
  const program = `const before = process.cpuUsage();
    for (const name of ${JSON.stringify(imports)}) await import(name);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`;
  const args = ["--input-type=module", "--eval", program];
  const { code, stdout, stderr } = await runProgram({ file: process.execPath, args, cwd: project });
  if (code !== 0) {
    throw new Error(`${imports.join(", ")} cannot be imported:\n${stderr}`);
  }
  return Number(stdout);
}
