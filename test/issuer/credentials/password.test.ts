import { describe, expect, it } from "vitest";
import { createPasswords } from "../../../server/issuer/src/credentials/password.ts";

const cheap = { memoryKib: 64, passes: 1 };

describe("passwords", () => {
  it("are hashed with argon2id as OWASP advises, in a PHC string", async () => {
    const phc = await createPasswords().hash("correct horse");
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  });

  it("are verified, whatever their hash cost", async () => {
    const phc = await createPasswords(cheap).hash("correct horse");
    const passwords = createPasswords({ memoryKib: 128, passes: 2 });
    expect(await passwords.verify("correct horse", phc)).toBe(true);
    expect(await passwords.verify("correct horsf", phc)).toBe(false);
    expect(await passwords.verify("", phc)).toBe(false);
  });

  it("have a salt each", async () => {
    const passwords = createPasswords(cheap);
    expect(await passwords.hash("same")).not.toBe(await passwords.hash("same"));
  });

  it("are the same however a keyboard puts accents together", async () => {
    const passwords = createPasswords(cheap);
    expect(await passwords.verify("caf\u00e9", await passwords.hash("cafe\u0301"))).toBe(true);
  });

  it("of nobody are never right", async () => {
    expect(await createPasswords(cheap).verify("anything", undefined)).toBe(false);
  });

  it("agree with the reference implementation of argon2", async () => {
    const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    expect(await createPasswords(cheap).verify("password", phc)).toBe(true);
  });

  for (const phc of ["", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21l$c29tZXNhbHRzb21l", "plain"]) {
    it(`refuse the hash ${JSON.stringify(phc.slice(0, 10))}`, async () => {
      await expect(createPasswords(cheap).verify("x", phc)).rejects.toThrow("not an argon2id PHC string");
    });
  }
});
