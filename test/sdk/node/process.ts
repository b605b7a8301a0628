// One process of the tests and the bench of the file store: signs nobody in, uses the session that it finds.
import { createFileStore, createSession } from "@countersign/sdk/node";

const [baseUrl = "", directory = ""] = process.argv.slice(2);
const session = createSession({ baseUrl, store: createFileStore({ directory }) });
await session.ready;
// Answered when all processes have come this far.
await fetch(`${baseUrl}/go`);
const startMs = performance.now();
const token = await session.token().catch(String);
const tookMs = performance.now() - startMs;
process.stdout.write(`${JSON.stringify({ token, tookMs, ...session.getSnapshot() })}\n`);
