import bindTokensDoc from "repository:docs/bind-tokens.md?url";
import browserDoc from "repository:docs/browser.md?url";
import issuerDoc from "repository:docs/issuer.md?url";
import policiesDoc from "repository:docs/policies.md?url";
import threatsDoc from "repository:docs/threat-model.md?url";
import errorsProto from "repository:proto/countersign/auth/v1/errors.proto?url";
import sessionProto from "repository:proto/countersign/auth/v1/session.proto?url";
import forgottenProto from "repository:proto/countersign/demo/v1/forgotten.proto?url";
import trialsProto from "repository:proto/countersign/demo/v1/trials.proto?url";
import startForgottenCode from "repository:server/demo/src/trials/start-forgotten.ts?url";
import callWithoutRoleCode from "repository:web-demo/src/trials/call-without-role.ts?url";
import losePhoneCode from "repository:web-demo/src/trials/lose-phone.ts?url";
import refreshInTwoTabsCode from "repository:web-demo/src/trials/refresh-in-two-tabs.ts?url";
import stealRefreshTokenCode from "repository:web-demo/src/trials/steal-refresh-token.ts?url";
import stealTokenCode from "repository:web-demo/src/trials/steal-token.ts?url";
import takeIssuerAwayCode from "repository:web-demo/src/trials/take-issuer-away.ts?url";
import type { Services } from "../session/services.ts";
import { callWithoutRole } from "./call-without-role.ts";
import type { Note } from "./finding.ts";
import { losePhone } from "./lose-phone.ts";
import { refreshInTwoTabs } from "./refresh-in-two-tabs.ts";
import { startWithoutRule } from "./start-without-rule.ts";
import { stealRefreshToken } from "./steal-refresh-token.ts";
import { stealToken } from "./steal-token.ts";
import { takeIssuerAway } from "./take-issuer-away.ts";

/** Something that a visitor can try. */
export interface Trial {
  readonly title: string;
  /** What is about to happen, in one sentence or two. */
  readonly about: string;
  /** What the button says. */
  readonly button: string;
  /** Make the calls. @param note shows each finding as it comes */
  readonly run: (services: Services, note: Note) => Promise<void>;
  /** Where to read on: the addresses of the guide, the proto and the code that runs. */
  readonly guide: string;
  readonly proto: string;
  readonly code: string;
}

/** All that can be tried, the simplest first. */
export const TRIALS: readonly Trial[] = [
  {
    title: "Call without the role",
    about: "The proto says that CountNotes is for admins. No handler does.",
    button: "Count all notes",
    run: callWithoutRole,
    guide: policiesDoc,
    proto: trialsProto,
    code: callWithoutRoleCode,
  },
  {
    title: "Forget a rule",
    about: "A second server is put together. One of its methods has no access rule.",
    button: "Start it",
    run: startWithoutRule,
    guide: policiesDoc,
    proto: forgottenProto,
    code: startForgottenCode,
  },
  {
    title: "Steal the token",
    about:
      "A thief copies the access token of this page. It is bound to a key that never leaves this browser.",
    button: "Steal the token",
    run: stealToken,
    guide: bindTokensDoc,
    proto: errorsProto,
    code: stealTokenCode,
  },
  {
    title: "Steal a refresh token",
    about:
      "It is good once, and bound to the key of a phone. A thief sends a copy without that key, then with it.",
    button: "Steal it",
    run: stealRefreshToken,
    guide: threatsDoc,
    proto: sessionProto,
    code: stealRefreshTokenCode,
  },
  {
    title: "Refresh in two tabs at once",
    about: "A refresh token is good once, and both tabs have the same one.",
    button: "Open a second tab",
    run: refreshInTwoTabs,
    guide: browserDoc,
    proto: sessionProto,
    code: refreshInTwoTabsCode,
  },
  {
    title: "Lose a phone",
    about: "It is signed in, with a stream open. You end its session from here.",
    button: "Revoke it",
    run: losePhone,
    guide: issuerDoc,
    proto: sessionProto,
    code: losePhoneCode,
  },
  {
    title: "Take the issuer away",
    about: "No request of this page reaches it. Calls go on, and you stay signed in.",
    button: "Take it away",
    run: takeIssuerAway,
    guide: threatsDoc,
    proto: sessionProto,
    code: takeIssuerAwayCode,
  },
];
