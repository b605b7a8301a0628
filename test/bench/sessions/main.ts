import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPasswords } from "../../../server/issuer/src/credentials/password.ts";
import { openDatabase, type Store } from "../../../server/issuer/src/store/database.ts";
import { databaseIn } from "../../support/stores.ts";
import { answerParent } from "../run/answer-parent.ts";
import { beginSession, startBenchIssuer } from "./issuer.ts";
import { rawPostgresLanes, rawSqliteLanes, refreshLanes } from "./lanes.ts";
import { measureRevocations, measureSessions } from "./memory.ts";
import { type Lane, runLanes } from "./turns.ts";

const PASSWORD = "correct horse battery staple";

/** As many threads as Node has for such work. */
const SIGN_IN_LANES = 4;

const lanes = new Map<string, readonly Lane[]>();
const folder = mkdtempSync(join(tmpdir(), "countersign-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

answerParent({
  prepareRefreshes,
  prepareSignIns,
  measureSessions: (count: number) => measureSessions(folder, count),
  measureRevocations,
  turn({ name, ms }: { readonly name: string; readonly ms: number }): Promise<number> {
    const side = lanes.get(name);
    if (side === undefined) {
      throw new Error(`there is no side ${name}`);
    }
    return runLanes(side, ms);
  },
});

async function prepareRefreshes(url: string): Promise<void> {
  lanes.set("countersign-sqlite", await refreshLanes(await openSqlite()));
  lanes.set("node-sqlite", rawSqliteLanes(folder));
  lanes.set("countersign-postgres", await refreshLanes(await openDatabase({ postgres: url })));
  lanes.set("pg", await rawPostgresLanes(url));
}

async function prepareSignIns(): Promise<void> {
  const passwords = createPasswords();
  const hash = await passwords.hash(PASSWORD);
  const issuer = await startBenchIssuer(await openSqlite());
  const verify = async (): Promise<void> => {
    if (!(await passwords.verify(PASSWORD, hash))) {
      throw new Error("the password was not verified");
    }
  };
  const signIn = async (): Promise<unknown> => {
    await verify();
    return beginSession(issuer);
  };
  lanes.set("countersign", Array(SIGN_IN_LANES).fill(signIn));
  lanes.set("argon2id", Array(SIGN_IN_LANES).fill(verify));
}

function openSqlite(): Promise<Store> {
  return openDatabase({ sqlite: databaseIn(join(folder, "data")) });
}
