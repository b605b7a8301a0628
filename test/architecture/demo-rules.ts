import { type Rule, violations } from "./rules.ts";

const DEMO_PROTOS = "@countersign/gen/countersign/demo/";

/** The demo is no part of the product: a gate, a listener, an issuer and `countersign serve` do without it. */
export const demoAside: Rule = (module) => {
  if (!/^server\/(?!demo\/)/.test(module.path)) {
    return [];
  }
  return violations(module, ({ specifier, kind }) => {
    if (specifier.startsWith(DEMO_PROTOS)) {
      return `${specifier} is the demo's`;
    }
    const isLoaded = specifier === "@countersign/demo" && kind === "static";
    return isLoaded ? `${specifier} is loaded with import() by what runs the demo` : undefined;
  });
};

/** The demo is made as a user would make it, of the public entries. */
export const demoOfPublicEntries: Rule = (module) => {
  if (!module.path.startsWith("server/demo/src/")) {
    return [];
  }
  return violations(module, ({ specifier }) =>
    /^@countersign\/.*\/internal$/.test(specifier) ? `${specifier} is no public entry` : undefined,
  );
};
