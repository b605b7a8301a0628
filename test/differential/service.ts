import type { DescMessage } from "@bufbuild/protobuf";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { echoService, methodOf } from "../support/echo-service.ts";

const open = { access: Access.PUBLIC };
const ruled = { access: Access.AUTHENTICATED, rule: 'request.text == "allowed"' };

/** The service behind all servers here: methods of every kind and every access. */
export const ECHO_SERVICE = echoService({
  Open: { policy: open },
  Read: { policy: open, isReadOnly: true },
  Optional: { policy: { access: Access.OPTIONAL } },
  Private: { policy: { access: Access.AUTHENTICATED } },
  Scoped: { policy: { access: Access.AUTHENTICATED, scopes: ["admin"] } },
  Ruled: { policy: ruled },
  Missing: { policy: open },
  FollowPrivate: { policy: { access: Access.AUTHENTICATED }, kind: "server_streaming" },
  FollowRuled: { policy: ruled, kind: "server_streaming" },
  CollectRuled: { policy: ruled, kind: "client_streaming" },
  TalkRuled: { policy: ruled, kind: "bidi_streaming" },
  TalkPrivate: { policy: { access: Access.AUTHENTICATED }, kind: "bidi_streaming" },
  CollectPrivate: { policy: { access: Access.AUTHENTICATED }, kind: "client_streaming" },
  Follow: { policy: open, kind: "server_streaming" },
  Collect: { policy: open, kind: "client_streaming" },
  Talk: { policy: open, kind: "bidi_streaming" },
});

/** What all its methods take and give: `Echo { text, count, inner }`. */
export const ECHO_SCHEMA: DescMessage = methodOf(ECHO_SERVICE, "Open").input;
