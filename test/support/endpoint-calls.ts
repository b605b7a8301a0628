import type { Endpoint, EndpointContext } from "../../server/gate/src/kernel/endpoint.ts";
import type { Form, OAuthAnswer } from "./oauth-server.ts";

/** Post a form to an endpoint, without a server, and read the answer. */
export async function postForm(
  endpoint: Endpoint | undefined,
  form: Form,
  context: EndpointContext = {},
): Promise<OAuthAnswer> {
  if (endpoint === undefined) {
    throw new Error("there is no such endpoint");
  }
  const entries = Array.isArray(form) ? form : Object.entries(form);
  const body = new URLSearchParams(entries.map(([name, value]) => [name, value]));
  const response = await endpoint(new Request("https://issuer.example/", { method: "POST", body }), context);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}
