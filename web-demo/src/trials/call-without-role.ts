import { createClient } from "@connectrpc/connect";
import { TrialService } from "@countersign/gen/countersign/demo/v1/trials_pb.js";
import { createPlainTransport } from "../devices/open-device.ts";
import type { Services } from "../session/services.ts";
import { ask, type Note } from "./finding.ts";

/** Call a method for which the proto demands `roles: "admin"`: without a token, then with that of the page. */
export async function callWithoutRole({ transport }: Services, note: Note): Promise<void> {
  await ask(note, {
    what: "A stranger calls CountNotes",
    call: () => createClient(TrialService, createPlainTransport()).countNotes({}),
    describe: ({ notes }) => `${notes} notes`,
  });
  await ask(note, {
    what: "You call CountNotes",
    call: () => createClient(TrialService, transport).countNotes({}),
    describe: ({ notes, owners }) => `you are an admin: ${notes} notes of ${owners} accounts`,
  });
}
