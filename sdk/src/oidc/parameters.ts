/** Parameters of requests, by name. One that is empty or undefined is not sent (RFC 6749 §3.1). */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** What the source sets itself, by the option that does so; empty: nothing may. */
const OWN: Readonly<Record<string, string>> = {
  client_id: "clientId",
  redirect_uri: "redirectUri",
  scope: "scopes",
  resource: "resource",
  client_secret: "proof",
  client_assertion: "proof",
  client_assertion_type: "proof",
  response_type: "",
  response_mode: "",
  state: "",
  nonce: "",
  code_challenge: "",
  code_challenge_method: "",
  code_verifier: "",
  code: "",
  device_code: "",
  refresh_token: "",
  grant_type: "",
  request: "",
  request_uri: "",
};

/**
 * Check parameters that the caller adds.
 *
 * @param option the option that they are in
 * @throws TypeError for one that the source sets itself, and one that is no text
 */
export function assertParameters(given: Parameters | undefined, option: string): void {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (Object.hasOwn(OWN, name)) {
      const setBy = OWN[name] === "" ? "the source sets it" : `the option ${OWN[name]} sets it`;
      throw new TypeError(`${option} must not have ${name}: ${setBy}`);
    }
    if (value !== undefined && typeof value !== "string") {
      throw new TypeError(`${option}.${name} must be a text`);
    }
  }
}

/** Put parameters together, later ones over earlier ones, without those that are empty. */
export function joinParameters(...given: readonly (Parameters | undefined)[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const parameters of given) {
    for (const [name, value] of Object.entries(parameters ?? {})) {
      delete joined[name];
      if (value !== undefined && value !== "") {
        joined[name] = value;
      }
    }
  }
  return joined;
}
