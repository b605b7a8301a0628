import { beforeAll } from "vitest";
import { createFolderForBun } from "./create-folder.ts";
import { describeHosts } from "./describe-hosts.ts";
import { HOSTS } from "./hosts.ts";

// Of what `npm run test:runtimes` serves on, the one that is least like Node and comes in one file.
let folder: string;

beforeAll(async () => {
  folder = await createFolderForBun();
});

describeHosts(
  HOSTS.filter(({ runtime }) => runtime === "Bun"),
  () => folder,
);
