import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createPlainTransport } from "../devices/open-device.ts";
import { type CallHeaders, createProofKey } from "../devices/proof-key.ts";
import { formatCountdown } from "../model/time.ts";
import type { Services } from "../session/services.ts";
import { ask, type Note } from "./finding.ts";

/** Copy the access token of the page, and call with the copy in every way that there is without the key of the page. */
export async function stealToken({ session, notes }: Services, note: Note): Promise<void> {
  const copy = await session.token();
  const { expiresAtMs = 0 } = session.getSnapshot();
  const left = formatCountdown(expiresAtMs - Date.now());
  note({ what: "A thief copies it", answer: `it is good for ${left}`, tone: "fact" });

  const prove = await createProofKey();
  const thief = createClient(NotesService, createPlainTransport());
  const send = (what: string, headers: CallHeaders): Promise<void> =>
    ask(note, {
      what,
      call: () => thief.listNotes({ pageSize: 1 }, { headers }),
      describe: () => "the thief reads your notes",
    });
  await send("The thief sends it as a bearer token", { authorization: `Bearer ${copy}` });
  await send("As a bound one, without a proof", { authorization: `DPoP ${copy}` });
  await send("With a proof of another key", await prove(NotesService.method.listNotes, copy));

  await ask(note, {
    what: "This page calls, with its key",
    call: () => notes.listNotes({ pageSize: 1 }),
    describe: () => "the token was good all the time",
  });
}
