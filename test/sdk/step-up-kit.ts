import { Code, type ServiceImpl } from "@connectrpc/connect";
import type { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { Session, StepUp } from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { createKit, DEMO, type Kit, type Tab } from "./kit.ts";

/** The method that the user must sign in again for. */
export const METHOD = "countersign.demo.v1.NotesService/GetNote";
/** What the server asks for. */
export const DEMAND = { max_age: "300", acr_values: "urn:acme:key urn:acme:mfa" };

/** A server that wants the user to have signed in since it was told to, and a session whose application knows how. */
export async function setUp(
  onStepUp: (stepUp: StepUp, session: Session) => unknown = (_, session) => session.signIn(DEMO),
  notes: Partial<ServiceImpl<typeof NotesService>> = {},
) {
  const kit = await createKit({
    notes: {
      getNote({ id }) {
        assertFresh(kit, demands.get(id) ?? DEMAND);
        return { id };
      },
      ...notes,
    },
  });
  const demands = new Map<string, Readonly<Record<string, string>>>();
  const asked: StepUp[] = [];
  const tab: Tab = kit.tab({
    onStepUp: (stepUp) => {
      asked.push(stepUp);
      return onStepUp(stepUp, tab.session);
    },
  });
  await tab.session.signIn(DEMO);
  return { kit, tab, asked, demands, [Symbol.asyncDispose]: () => kit[Symbol.asyncDispose]() };
}

/** The first token is of a sign-in of long ago. */
export function assertFresh({ tokensSeen }: Kit, metadata: Readonly<Record<string, string>> = DEMAND): void {
  if (tokensSeen.at(-1) === "access-1") {
    throw createRefusal("REAUTH_REQUIRED", { metadata });
  }
}

/** What a call fails with when the user does not sign in again. */
export const reauthRequired = { code: Code.PermissionDenied, rawMessage: "REAUTH_REQUIRED" };
