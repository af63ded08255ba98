import { LINT_RULES } from "../domain/lint/finding.ts";
import type { Finding } from "../domain/lint/finding.ts";

/** Returns findings as SARIF 2.1.0, as code scanning services take it. */
export function sarifOf(findings: readonly Finding[], version: string): object {
  const rules = Object.entries(LINT_RULES);
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "chant",
            version,
            rules: rules.map(([id, level]) => ({ id, defaultConfiguration: { level } })),
          },
        },
        // Columns count UTF-16 units, as everywhere in JavaScript.
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: {
          SRCROOT: { description: { text: "The top of the repository." } },
        },
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: rules.findIndex(([id]) => id === finding.rule),
          level: finding.severity,
          message: { text: textOf(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(finding.file), uriBaseId: "SRCROOT" },
                region: { startLine: finding.line, startColumn: finding.column },
              },
            },
          ],
        })),
      },
    ],
  };
}

/** Returns findings as the commands by which a workflow of GitHub's marks lines of files. */
export const githubLines = (findings: readonly Finding[]): readonly string[] =>
  findings.map((finding) => {
    const { severity, file, line, column, rule } = finding;
    const places = `file=${property(file)},line=${line},col=${column},title=${property(`chant ${rule}`)}`;
    return `::${severity} ${places}::${escaped(textOf(finding))}`;
  });

const textOf = ({ message, hint }: Finding): string => (hint === undefined ? message : `${message}\n${hint}`);

const escaped = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const property = (text: string): string => escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
