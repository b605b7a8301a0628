import { openDatabase } from "../../server/issuer/src/store/database.ts";
import { databaseIn } from "../support/stores.ts";
import { startCommand } from "./running-command.ts";

/** Make the store of a data folder, with nothing in it: neither accounts nor keys. */
export async function makeStore(dataDir: string): Promise<void> {
  await using _store = await openDatabase({ sqlite: databaseIn(dataDir) });
}

/** Make the store of a data folder, with its secret and keys, as the first start of a server does. */
export async function makeStoreWithKeys(dataDir: string): Promise<void> {
  await using _server = await startCommand(["serve", "--audience", "billing"], { dataDir });
}
