import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonIn } from "./json-text.ts";

const find = (text: string): unknown => jsonIn(text, (value) => "members" in value);

test("the object is found alone, in a fenced block, and among other words", () => {
  expect(find('{"members": [1]}')).toEqual({ members: [1] });
  expect(find('Here:\n\n```json\n{\n  "members": [1]\n}\n```\n\nThat is {all}.')).toEqual({ members: [1] });
  expect(find('~~~\n{"members": ["``` { \\" }"]}\n~~~')).toEqual({ members: ['``` { " }'] });
  expect(find('warning: {no json}\nreading {"a": 1}\n{"members": [2]} done {"b": 2}')).toEqual({
    members: [2],
  });
  expect(find('first {"members": [1]} then {"members": [2]}')).toEqual({ members: [2] });
  // What is not meant is still told of: its error says what is missing.
  expect(find('{"parts": []}')).toEqual({ parts: [] });
});

test("without an object there is nothing", () => {
  for (const text of ["", "no", "{", "{{{", "[1]", '{"members": [1'.repeat(3), "}{"]) {
    expect(find(text)).toBeUndefined();
  }
  expect(find("{".repeat(300_000))).toBeUndefined();
});

const prose = fc.string().map((text) => text.replaceAll(/[{}"`~\\]/g, ""));

test("law: an object among words without braces is found as it was", () => {
  fc.assert(
    fc.property(prose, fc.jsonValue(), fc.nat(4), prose, (before, value, indent, after) => {
      const answer = { members: value };
      const text = JSON.stringify(answer, undefined, indent);
      const expected: unknown = JSON.parse(text);
      expect(find(`${before}\n${text}\n${after}`)).toEqual(expected);
      expect(find(`${before}\n\`\`\`json\n${text}\n\`\`\`\n${after}`)).toEqual(expected);
    }),
  );
});
