import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { drain, twice } from "./messages.ts";

// A program that makes calls of all kinds without an end, as programs do that catch what goes wrong and try again. It
// says so each time that they pass again, and at the end what the others came to.

const [, , baseUrl = "", protocol, httpVersion, pingIntervalMs, pingTimeoutMs] = process.argv;
const AT_ONCE = 6;

const session = createSession({ baseUrl, source: fromFunction(async () => "token") });
const transport = createNodeTransport({
  ...{ baseUrl, session },
  protocol: protocol as "grpc" | "grpc-web" | "connect",
  httpVersion: httpVersion as "1.1" | "2",
  ...(pingIntervalMs === undefined ? {} : { pingIntervalMs: Number(pingIntervalMs) }),
  ...(pingTimeoutMs === undefined ? {} : { pingTimeoutMs: Number(pingTimeoutMs) }),
});
const notes = createClient(NotesService, transport);

const between = () => sleep(10);

const kinds: readonly (() => Promise<unknown>)[] = [
  () => notes.createNote({ title: "x".repeat(2_000) }),
  () => drain(notes.watchNotes({})),
  () => notes.importNotes(twice({ title: "x" }, between)),
  // HTTP/1.1 has no full duplex.
  ...(httpVersion === "2" ? [() => drain(notes.syncNotes(twice({ noteId: "x" }, between)))] : []),
];

const failures: Record<string, number> = {};
let isPassing = false;
let passings = 0;
let isOver = false;

async function callOn(call: () => Promise<unknown>): Promise<void> {
  while (!isOver) {
    try {
      await call();
      if (!isPassing) {
        process.stdout.write(`calls pass for the ${++passings}.\n`);
      }
      isPassing = true;
    } catch (error) {
      const wasPassing = isPassing;
      isPassing = false;
      const { code, rawMessage } = ConnectError.from(error);
      const name = `${Code[code]}: ${rawMessage}`;
      failures[name] = (failures[name] ?? 0) + 1;
      // At once the first time, in the turn in which the connection died; then the machine has time for the server's start.
      if (!wasPassing) {
        await sleep(100);
      }
    }
  }
}

process.once("SIGTERM", () => {
  isOver = true;
  process.stdout.write(`failures ${JSON.stringify(failures)}\n`, () => process.exit(0));
});
await Promise.all(kinds.flatMap((call) => Array.from({ length: AT_ONCE }, () => callOn(call))));
