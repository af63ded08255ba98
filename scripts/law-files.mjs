/** Where laws count how often they were tried: test/kit/law.ts. */
export const LAW_FILES = [
  "src/domain/criteria.test.ts",
  "src/domain/front-matter.test.ts",
  "src/domain/front-matter-edit.test.ts",
  "src/domain/id.test.ts",
  "src/domain/merge-spec.test.ts",
  "src/domain/retry.test.ts",
  "src/domain/spec.test.ts",
  "src/kit/text.test.ts",
];
