import { demoServices } from "../../server/src/cli/built-in-services.ts";
import { composeNotes } from "../../server/src/cli/compose-notes.ts";
import { serve } from "../../server/src/cli/serve.ts";
import { createTerminal } from "../../server/src/cli/terminal.ts";

// `countersign serve` with the notes of the demo: streams that can be renewed, at several workers. Workers run this
// file with the arguments that they are given.
await serve(process.argv.slice(3), createTerminal(process), { ...demoServices, notes: composeNotes });
