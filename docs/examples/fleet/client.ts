import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { createSession } from "@countersign/sdk/node";

const { ISSUER = "", SERVERS = "" } = process.env;

await using session = createSession({ baseUrl: ISSUER });
await session.signIn({ username: "demo", password: "demo-password" });

// A thief has a copy of the token, and uses it without the SDK.
const headers = { authorization: `Bearer ${await session.token()}` };
const servers = SERVERS.split(" ").map((baseUrl, index) => {
  const notes = createClient(NotesService, createGrpcTransport({ baseUrl }));
  return { name: `server ${index + 1}`, notes };
});

const streams = servers.map(async ({ name, notes }) => {
  try {
    for await (const { sequence } of notes.watchNotes({}, { headers })) {
      console.log(`${name}: the stream is at #${sequence}`);
    }
  } catch (error) {
    console.log(`${name}: the stream has ended, ${describe(error)}`);
  }
});
await Promise.all(servers.map(({ name, notes }) => call(name, notes)));

console.log("the user signs out at the issuer");
await session.signOut();
await Promise.all(streams);
await Promise.all(servers.map(({ name, notes }) => call(name, notes)));

async function call(name: string, notes: Client<typeof NotesService>): Promise<void> {
  const outcome = await notes.listNotes({}, { headers }).then(() => "served", describe);
  console.log(`${name}: a call is ${outcome}`);
}

function describe(error: unknown): string {
  return `refused: ${Code[ConnectError.from(error).code]} ${reasonOf(error)}`;
}
