import { homedir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { isSessionError } from "@countersign/sdk";
import { createFileStore, createNodeTransport, createSession } from "@countersign/sdk/node";
import { oidc } from "@countersign/sdk/oidc";

const { ADDRESS = "http://127.0.0.1:8080", ISSUER = "https://login.example.com" } = process.env;
const { XDG_CONFIG_HOME = join(homedir(), ".config") } = process.env;

// A client that is registered at the provider for devices, without a secret: users could read it in the program.
const source = oidc({
  issuer: ISSUER,
  clientId: "notes-cli",
  scopes: ["openid", "offline_access", "notes:read", "notes:write"],
  resource: "https://notes.example",
});
// Runs that overlap share the session: one of them refreshes the token.
const store = createFileStore({ directory: join(XDG_CONFIG_HOME, "notes-cli") });
await using session = createSession({ baseUrl: ADDRESS, source, store });
const notes = createClient(NotesService, createNodeTransport({ baseUrl: ADDRESS, session }));

const COMMANDS: Readonly<Record<string, (argument: string) => Promise<string>>> = {
  async login() {
    await session.begin(() =>
      source.signInOnDevice({
        onCode: ({ userCode, verificationUrl, completeUrl = verificationUrl }) =>
          console.log(`Open ${completeUrl} and confirm the code ${userCode}`),
      }),
    );
    return "signed in";
  },
  async add(title) {
    const note = await notes.createNote({ title });
    return `added ${note.title}`;
  },
  async list() {
    const { notes: all } = await notes.listNotes({});
    return all.map(({ title, owner }) => `${title}, by ${owner}`).join("\n");
  },
  async logout() {
    const { revoked } = await session.signOut();
    return revoked ? "signed out" : "signed out here: the provider could not be reached";
  },
};

const [name = "", argument = ""] = process.argv.slice(2);
const run = COMMANDS[name];
if (run === undefined) {
  console.error("usage: notes login | add TITLE | list | logout");
  process.exitCode = 2;
} else {
  try {
    console.log(await run(argument));
  } catch (error) {
    if (!isSessionError(error, "SIGNED_OUT")) {
      throw error;
    }
    console.error("sign in first: notes login");
    process.exitCode = 4;
  }
}
