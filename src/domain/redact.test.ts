import fc from "fast-check";
import { expect, test } from "vitest";
import { redactData, REDACTED, redactor } from "./redact.ts";

const letters = (count: number): string => "a1B2c3D4e5".repeat(6).slice(0, count);
const plain = redactor([], {});

test.each([
  `sk-ant-api03-${letters(40)}`,
  `sk-${letters(32)}`,
  `ghp_${letters(36)}`,
  `github_pat_${letters(40)}`,
  `glpat-${letters(20)}`,
  `AKIA${"ABCD2345".repeat(2)}`,
  `AIza${letters(35)}`,
  `xoxb-${letters(24)}`,
  `eyJhbGciOiJIUzI1.${letters(20)}.${letters(20)}`,
])("a key of a known form is replaced, and nothing around it: %s", (key) => {
  expect(plain(`before ${key} after`)).toBe(`before ${REDACTED} after`);
  expect(plain(`{"key":"${key}","n":1}`)).toBe(`{"key":"${REDACTED}","n":1}`);
});

test("of a header and of an address only the secret goes", () => {
  expect(plain(`Authorization: Bearer ${letters(24)}==`)).toBe(`Authorization: Bearer ${REDACTED}`);
  expect(plain("git clone https://me:hunter2@example.com/x.git")).toBe(
    `git clone https://me:${REDACTED}@example.com/x.git`,
  );
});

test("what only looks a little like one stays", () => {
  const text =
    "sk-short, task-force-one, ghp_, AKIA, bearer of news, https://example.com:8080/a@b, /home/me/.ssh/id_ed25519";
  expect(plain(text)).toBe(text);
});

test("values of the environment go by how their names end, unless they are short, paths, or chant's own", () => {
  const redact = redactor([], {
    MY_API_KEY: "correct horse",
    DB_PASSWORD: 'quo"ted\\secret',
    SSH_KEY: "/home/me/.ssh/id",
    SHORT_TOKEN: "1234567",
    CHANT_RUN_TOKEN: "0123456789abcdef",
    MONKEY_NAME: "Charles the ape",
  });
  expect(redact("correct horse, /home/me/.ssh/id, 1234567, 0123456789abcdef, Charles the ape")).toBe(
    `${REDACTED}, /home/me/.ssh/id, 1234567, 0123456789abcdef, Charles the ape`,
  );
  expect(redact(JSON.stringify({ text: 'say quo"ted\\secret' }))).toBe(`{"text":"say ${REDACTED}"}`);
});

test("patterns are texts, with a star at the end for what follows up to a space or a quote", () => {
  const redact = redactor(["corp-*", "x.y.z"], {});
  expect(redact('x "corp-12/3-key" cor x.y.z xxyxz')).toBe(`x "${REDACTED}" cor ${REDACTED} xxyxz`);
});

test("no secret of the environment is left in any text, and a second time changes nothing", () => {
  const secret = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => !/^[/~.]/.test(text));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const redact = redactor([], { A_SECRET: value });
      const once = redact(`${before}${value}${after}`);
      fc.pre(!REDACTED.includes(value) && !`${before}${REDACTED}${after}`.includes(value));
      expect(once).not.toContain(value);
    }),
  );
});

test("a line of JSON stays one, whatever stands in it", () => {
  const redact = redactor(["corp-*"], { A_SECRET: "secretsecret" });
  const piece = fc.constantFrom(
    "http://x:80",
    "me@example.com",
    "corp-1",
    '"',
    "\\",
    "Bearer abcdefghijklmnop",
    "secretsecret",
    `sk-${letters(20)}`,
    " ",
  );
  const words = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.dictionary(words, words), (value) => {
      const read: unknown = JSON.parse(redact(JSON.stringify(value)));
      expect(Object.keys(read as object).length).toBeLessThanOrEqual(Object.keys(value).length);
    }),
  );
  expect(redact('{"url":"http://x:80","mail":"me@example.com"}')).toBe(
    '{"url":"http://x:80","mail":"me@example.com"}',
  );
});

test("no text takes long, whatever is in it", () => {
  const redact = redactor(["xxxx*", "://a"], { A_TOKEN: "secretsecret" });
  for (const text of [
    "x".repeat(1_000_000),
    "://a:".repeat(200_000),
    `sk-${"-".repeat(1_000_000)}`,
    "eyJ-".repeat(100_000),
  ]) {
    const startedMs = performance.now();
    redact(text);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  }
});

test("plain data keeps its shape", () => {
  const data = { a: [`sk-${letters(20)}`, 1, null], b: { c: true } };
  expect(redactData(data, plain)).toEqual({ a: [REDACTED, 1, null], b: { c: true } });
});
