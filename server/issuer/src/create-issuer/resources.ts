/** How many resources one issuer has: each is looked for in a list. */
const MAX_RESOURCES = 64;

/** How long the name of a resource may be, in UTF-16 units. */
const MAX_CHARS = 1_024;

/**
 * Check the further resources of an issuer: absolute URIs without a fragment
 * ([RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2)).
 *
 * @returns each once, without the audience, which needs no mention
 * @throws TypeError when one is something else, or there are too many
 */
export function resolveResources(resources: readonly string[] = [], audience: string): readonly string[] {
  // Programs in JavaScript may give a text.
  if (!Array.isArray(resources) || resources.length > MAX_RESOURCES) {
    throw new TypeError(`resources must be a list of at most ${MAX_RESOURCES} URLs`);
  }
  const fault = resources.find((resource) => !isResource(resource));
  if (fault !== undefined) {
    throw new TypeError(
      `resources must be absolute URLs without a fragment, such as https://notes.example.com, and not ${quote(fault)}`,
    );
  }
  return [...new Set(resources)].filter((resource) => resource !== audience);
}

function isResource(resource: unknown): boolean {
  return (
    typeof resource === "string" &&
    resource.length <= MAX_CHARS &&
    !/[\s#\p{C}]/u.test(resource) &&
    URL.canParse(resource)
  );
}

function quote(value: unknown): string {
  return JSON.stringify(typeof value === "string" ? value.slice(0, MAX_CHARS) : typeof value);
}
