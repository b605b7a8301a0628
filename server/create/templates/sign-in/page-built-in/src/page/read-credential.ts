import type { PasswordCredential } from "@countersign/sdk/browser";

/** Read what the user has typed into the form. */
export function readCredential(form: HTMLFormElement): PasswordCredential {
  const fields = new FormData(form);
  const read = (name: string): string => {
    const value = fields.get(name);
    return typeof value === "string" ? value : "";
  };
  return { username: read("username"), password: read("password") };
}
