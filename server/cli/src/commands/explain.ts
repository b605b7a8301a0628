import { defineCommand, ONLY_ACTION } from "../command.ts";
import { JSON_OPTION } from "../option.ts";
import { SETTING_NAMES } from "../settings.ts";

/** `countersign explain`: why a call is refused. */
export const explainCommand = defineCommand({
  name: "explain",
  summary: "Explain why a call is refused, or allowed.",
  about: [
    "Reads an access token from standard input and says what the gate of countersign serve would do with a call that",
    "carries it: which check refuses it, what was expected and what came, which rule, and which line of the proto. Without",
    "input, the call has no token. The decision is made by the gate's own code, with the keys and revocations of the",
    "database and the issuers of --trusted-issuers; the server may run meanwhile or not. Nothing is written, counted or",
    "sent, but for the keys of other issuers, which are fetched where the settings say so.",
    "",
    '    countersign explain --method acme.v1.Notes/Get --message \'{"id": "n1"}\' --image FILE < token',
    "",
    "Give it the settings that the server has. Without --image, it knows the services of countersign serve. Lines of",
    "protos are known with an image only. What it prints holds claims of the token, but not the token. What option decide",
    "of createAuth would say is not known here: ask auth.explain in the server that has it.",
    "",
    "The exit code is 0 if the call is allowed, 1 if it is denied or cannot be judged, and 2 if the command was called",
    "wrongly.",
  ],
  actions: { [ONLY_ACTION]: { help: [], options: ["method", "message", "proof", "image", "demo", "json"] } },
  options: {
    method: { placeholder: "METHOD", help: "The method that is called, as package.Service/Method." },
    message: {
      placeholder: "JSON",
      help: "The message of the call, or @FILE with it. Default: an empty one. Rules look at it.",
    },
    proof: {
      placeholder: "PROOF",
      help: "The DPoP proof of the call, or @FILE with it. Its nonce, and whether it was used, are not known here.",
    },
    image: { placeholder: "FILE", help: "Your services, as written by: buf build -o FILE.binpb" },
    demo: { help: "The services of countersign demo." },
    json: JSON_OPTION,
  },
  settings: SETTING_NAMES,
  load: async () => (await import("../explain.ts")).explainActions,
});
