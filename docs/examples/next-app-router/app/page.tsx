import { createClient } from "@connectrpc/connect";
import { type Note, NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { revalidatePath } from "next/cache";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { openSession } from "../session.ts";
import { textOf } from "../text-of.ts";

interface PageProps {
  readonly searchParams: Promise<{ readonly failure?: string }>;
}

/** Rendered on the server, with the calls of the user who asks for it. */
export default async function Page({ searchParams }: PageProps): Promise<ReactNode> {
  const { session, transport } = openSession(await headers());
  await session.ready;
  if (session.getSnapshot().status === "signed_out") {
    const { failure } = await searchParams;
    return <SignIn failure={failure ?? ""} />;
  }
  try {
    const { notes } = await createClient(NotesService, transport).listNotes({});
    return <Notes notes={notes} />;
  } catch (error) {
    if (session.getSnapshot().status === "signed_in") {
      throw error;
    }
    return <SignIn failure="Your session has ended: sign in again." />;
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

function Notes({ notes }: { readonly notes: readonly Note[] }): ReactNode {
  return (
    <>
      <ul>
        {notes.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
      <form action={addNote}>
        <label>
          Note <input name="title" required />
        </label>
        <button type="submit">Add</button>
      </form>
      <form action="/session" method="post">
        <button type="submit" name="action" value="sign-out">
          Sign out
        </button>
      </form>
    </>
  );
}

function SignIn({ failure }: { readonly failure: string }): ReactNode {
  return (
    <form action="/session" method="post">
      <label>
        Name <input name="username" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
      <p role="alert">{failure}</p>
    </form>
  );
}

async function addNote(form: FormData): Promise<void> {
  "use server";
  const { session, transport } = openSession(await headers());
  try {
    await createClient(NotesService, transport).createNote({ title: textOf(form, "title") });
  } catch (error) {
    // A session that has ended is no failure: the page asks to sign in again.
    if (session.getSnapshot().status === "signed_in") {
      throw error;
    }
  } finally {
    await session[Symbol.asyncDispose]();
  }
  revalidatePath("/");
}
