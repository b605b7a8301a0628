import { createClient, createRouterTransport } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createSession, fromFunction, fromSession, resumable } from "@countersign/sdk";
import { createSession as createBrowserSession } from "@countersign/sdk/browser";
import { oidc } from "@countersign/sdk/oidc";

// What runs in a host that lacks what browsers and Node have.

const baseUrl = "https://in-memory";

/** Make a session of the entry for any host. */
export function makeSession() {
  return createSession({ baseUrl, source: fromFunction(async () => "token-1") });
}

/** Make a session of the entry for browsers. */
export function makeBrowserSession() {
  return createBrowserSession({ baseUrl, source: fromFunction(async () => "token-1") });
}

/** Make a source of a provider. */
export function makeOidcSource() {
  return oidc({ issuer: "https://login.example", clientId: "app" });
}

/** Make calls and streams, under a session and under one that follows it. @returns what came of them */
export async function useSessions(): Promise<readonly string[]> {
  const account = makeSession();
  const seen: string[] = [];
  for (const session of [
    account,
    createSession({ baseUrl, source: fromSession(account) }),
    makeBrowserSession(),
  ]) {
    const notes = createClient(
      NotesService,
      createRouterTransport(
        ({ service }) =>
          service(NotesService, {
            getNote: (_request, { requestHeader }) => ({ id: requestHeader.get("authorization") ?? "" }),
            async *watchNotes({ afterSequence }) {
              yield { sequence: afterSequence + 1n };
            },
          }),
        { transport: { interceptors: [session.interceptor] } },
      ),
    );
    seen.push((await notes.getNote({ id: "1" })).id);
    const { signal } = new AbortController();
    const events = resumable(notes.watchNotes, {
      request: { afterSequence: 1n },
      resume: ({ sequence }) => ({ afterSequence: sequence }),
      callOptions: { signal },
    });
    for await (const { sequence } of events) {
      seen.push(String(sequence));
    }
  }
  await account.refresh();
  account.dispose();
  return seen;
}
