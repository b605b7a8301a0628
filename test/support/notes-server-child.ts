import { demoServices } from "../../server/cli/src/built-in-services.ts";
import { serve } from "../../server/cli/src/serve.ts";
import { createTerminal } from "../../server/cli/src/terminal.ts";
import { composeNotes } from "../../server/demo/src/notes/compose-notes.ts";

// `countersign serve` with the notes of the demo: streams that can be renewed, at several workers. Workers run this
// file with the arguments that they are given.
await serve(process.argv.slice(3), createTerminal(process), { ...demoServices, notes: composeNotes });
