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
  const made = { key: "parallel.least", type: "Config", path: ["parallel", "least"] } as const;
  const max = properties.filter(({ key }) => key === "parallel.max");
  const unread = unreadProperties([made, ...max], (text) =>
    text
      .replace(
        "parallel: { readonly max: number }",
        "parallel: { readonly max: number; readonly least: number }",
      )
      .replace(
        'parallel: { max: values["parallel.max"] }',
        'parallel: { max: values["parallel.max"], least: 1 }',
      ),
  );
  expect(unread).toEqual([made]);
});
