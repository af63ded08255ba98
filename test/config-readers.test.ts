import { expect, test } from "vitest";
import { keyProperties, unreadProperties } from "./architecture/config-readers.ts";

const properties = keyProperties();

test("every key of the table becomes a property of the config", () => {
  const paths = Object.fromEntries(properties.map(({ key, path }) => [key, path.join(".")]));
  expect(paths).toMatchObject({
    "defaults.branch_prefix": "defaults.branchPrefix",
    "watch.failure.jitter": "watch.failure.jitter",
    "notify.desktop": "notify.desktop",
    "notify.webhook.secret_env": "notify.webhook.secretEnv",
    "agents.NAME.permission_mode": "permissionMode",
  });
});

test("every key is read by something besides the configuration itself", () => {
  expect(unreadProperties(properties).map(({ key }) => key)).toEqual([]);
});

test("found: a key that nobody reads", () => {
  const made = { key: "land.least", type: "Config", path: ["land", "least"] } as const;
  const sign = properties.filter(({ key }) => key === "land.sign");
  const unread = unreadProperties([made, ...sign], (text) =>
    text
      .replace(
        'land: { readonly sign: "off" | "auto" }',
        'land: { readonly sign: "off" | "auto"; readonly least: number }',
      )
      .replace('land: { sign: values["land.sign"] }', 'land: { sign: values["land.sign"], least: 1 }'),
  );
  expect(unread).toEqual([made]);
});
