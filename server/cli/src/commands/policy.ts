import { defineCommand, ONLY_ACTION } from "../command.ts";
import { JSON_OPTION } from "../option.ts";

/** `countersign policy`: who may call what. */
export const policyCommand = defineCommand({
  name: "policy",
  summary: "Print who may call which method.",
  about: [
    "Prints every method and its access rule, sorted and stable: keep it beside your protos, and a change of",
    "access shows up in review. Fails, naming all of them, when methods have no rule or one that contradicts",
    "itself, and when there are no methods at all. Without --image, it lists the services of countersign serve.",
  ],
  actions: { [ONLY_ACTION]: { help: [], options: ["image", "demo", "json"] } },
  options: {
    image: { placeholder: "FILE", help: "Your services, as written by: buf build -o FILE.binpb" },
    demo: { help: "The services of countersign demo." },
    json: JSON_OPTION,
  },
  settings: [],
  load: async () => (await import("../policy.ts")).policyActions,
});
