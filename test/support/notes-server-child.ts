import { loadDemoServices } from "../../server/cli/src/built-in-services.ts";
import { serve } from "../../server/cli/src/serve.ts";
import { storeOf } from "../../server/cli/src/store-settings.ts";
import { createTerminal } from "../../server/cli/src/terminal.ts";
import { openDemo } from "../../server/demo/src/open-demo.ts";

// `countersign serve` with the notes of the demo, on SQLite: streams that can be renewed, at several workers. Workers
// run this file with the arguments that they are given.
await serve(process.argv.slice(3), createTerminal(process), {
  ...(await loadDemoServices()),
  openAddition: ({ issuer, config }) => openDemo({ issuer, store: storeOf(config) }),
});
