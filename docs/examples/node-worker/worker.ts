import { setTimeout } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { isReason, resumable } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { clientCredentials } from "@countersign/sdk/oidc";

const { ADDRESS = "http://127.0.0.1:8080", WORKER_SECRET = "" } = process.env;

// The worker needs no sign-in: the session gets a token when a call needs one.
const source = clientCredentials({
  issuer: ADDRESS,
  clientId: "worker",
  proof: { kind: "secret", secret: WORKER_SECRET },
});
await using session = createSession({ baseUrl: ADDRESS, source });
const notes = createClient(NotesService, createNodeTransport({ baseUrl: ADDRESS, session }));

const JOBS = 8;

/** Writes a note a second: together they take longer than one token lasts. */
async function work(): Promise<void> {
  for (let job = 1; job <= JOBS; job += 1) {
    await notes.createNote({ title: `job ${job}` });
    await setTimeout(1_000);
  }
}

/** Follows what is written. Each token of a client has a session of its own, so that its stream ends with it: resumable opens the next one. */
async function follow(after: bigint): Promise<void> {
  const events = resumable(notes.watchNotes, {
    request: { afterSequence: after },
    resume: (last) => ({ afterSequence: last.sequence }),
    onInterruption: ({ error }) =>
      isReason(error, "STREAM_EXPIRED") &&
      console.log("the token has expired: the stream goes on with the next one"),
  });
  for await (const { note } of events) {
    console.log(`${note?.title}, by ${note?.owner}`);
    if (note?.title === `job ${JOBS}`) {
      return;
    }
  }
}

const { sequence } = await notes.listNotes({});
await Promise.all([work(), follow(sequence)]);
