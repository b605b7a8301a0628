import { openDevice } from "../devices/open-device.ts";
import { createProofKey } from "../devices/proof-key.ts";
import type { Services } from "../session/services.ts";
import { ask, type Note } from "./finding.ts";
import { noteStreamEnd } from "./note-stream-end.ts";

/** Copy the refresh token of a phone, and send the copy: without the key of the phone, then with it. */
export async function stealRefreshToken(services: Services, note: Note): Promise<void> {
  const phone = await openDevice(services, "Robbed phone");
  note({
    what: "A phone signs in",
    answer: "its tokens are bound to its key, its stream is open",
    tone: "fact",
  });

  const copy = phone.refreshToken;
  const keyOfThief = await createProofKey();
  await ask(note, {
    what: "A thief sends it with another key",
    call: () => phone.refresh(copy, keyOfThief),
    describe: () => "the thief is in",
  });

  await ask(note, {
    what: "The phone refreshes, twice",
    call: async () => phone.refresh(await phone.refresh(phone.refreshToken)),
    describe: () => "nothing was revoked: it has the third token now",
  });

  const sentAtMs = performance.now();
  await ask(note, {
    what: "The first again, with the phone's key",
    call: () => phone.refresh(copy),
    describe: () => "the thief is in",
  });
  await noteStreamEnd(note, phone, sentAtMs);
}
