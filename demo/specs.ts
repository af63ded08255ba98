/** One spec of the demo. Its script stands in for a coding agent. */
export interface DemoSpec {
  readonly name: string;
  readonly title: string;
  /** Names of the specs that have to land before it. */
  readonly after: readonly string[];
  readonly body: string;
  readonly criteria: readonly string[];
  /** Run by `sh -e` in the worktree. */
  readonly script: string;
  /** What has to become of it; the reason holds these words. */
  readonly end:
    | { readonly status: "completed" }
    | { readonly status: "failed" | "needs_attention"; readonly reason: string };
}

const LANDS = { status: "completed" } as const;

const sh = String.raw;

/**
 * A chain store -> list -> search and a diamond style -> (list, help) -> command, with list a part of both; one spec
 * that leaves a criterion open, and one whose work conflicts with store's. Four can start at once.
 */
export const SPECS: readonly DemoSpec[] = [
  {
    name: "store",
    title: "Keep notes in a file",
    after: [],
    body: "Each note is one line of notes.txt.",
    criteria: ["A note that was added is found again", "The README says that notes can be kept"],
    script: sh`
echo "Writing lib/store.sh"
sleep 0.5
mkdir -p lib
cat >lib/store.sh <<'END'
[ -n "$NOTES" ] || NOTES=notes.txt
add_note() { printf '%s\n' "$1" >>"$NOTES"; }
all_notes() { [ ! -f "$NOTES" ] || cat "$NOTES"; }
END
echo "Trying it"
sleep 0.4
found=$(NOTES=try.txt; . ./lib/store.sh; add_note "Buy milk"; all_notes; rm try.txt)
[ "$found" = "Buy milk" ]
chant tick 1
sed 's/^Status: .*/Status: notes can be kept./' README.md >README.new
mv README.new README.md
chant tick 2
git add --all
git commit --quiet -m "Keep notes in a file"
`,
    end: LANDS,
  },
  {
    name: "style",
    title: "One way to print",
    after: [],
    body: "A heading is underlined, an item begins with a dash.",
    criteria: ["A heading is underlined", "An item begins with a dash"],
    script: sh`
echo "Writing lib/style.sh"
sleep 0.8
mkdir -p lib
cat >lib/style.sh <<'END'
heading() { printf '%s\n' "$1" "$1" | sed '2s/./=/g'; }
item() { printf -- '- %s\n' "$1"; }
END
echo "Trying it"
sleep 0.3
. ./lib/style.sh
heading Notes | grep -q '^=====$'
chant tick 1
item milk | grep -q '^- milk$'
chant tick 2
# No commit here: what an agent leaves uncommitted is committed for it.
`,
    end: LANDS,
  },
  {
    name: "mail",
    title: "Send notes by mail",
    after: [],
    body: "Write the mail, send it, and see that it arrived.",
    criteria: ["The mail is written", "The mail has arrived"],
    script: sh`
echo "Writing lib/mail.sh"
sleep 0.7
mkdir -p lib
echo 'write_mail() { echo "Subject: notes"; echo; cat; }' >lib/mail.sh
. ./lib/mail.sh
echo "Buy milk" | write_mail | grep -q '^Subject: notes$'
chant tick 1
echo "Looking for a mail server"
sleep 0.6
echo "There is no mail server here, so the second criterion stays open."
`,
    end: { status: "failed", reason: "The mail has arrived" },
  },
  {
    name: "rename",
    title: "Call the project Jotter",
    after: [],
    body: "The README says what it was called before.",
    criteria: ["The README says Jotter"],
    script: sh`
# Changes a line that another spec changes too, and ends after that one has landed, so that it conflicts every time.
echo "Thinking about a name"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  if git cat-file -e main:lib/store.sh 2>/dev/null; then break; fi
  sleep 0.5
done
sed -e 's/^# Notes$/# Jotter/' -e 's/^Status: .*/Status: it was called Notes before./' README.md >README.new
mv README.new README.md
grep -q '^# Jotter$' README.md
chant tick --all
`,
    end: { status: "needs_attention", reason: "README.md" },
  },
  {
    name: "list",
    title: "List the notes",
    after: ["store", "style"],
    body: "A heading, then each note as an item.",
    criteria: ["The list has a heading and one item for each note"],
    script: sh`
echo "Writing lib/list.sh"
sleep 0.6
cat >lib/list.sh <<'END'
. ./lib/store.sh
. ./lib/style.sh
list_notes() { heading Notes; all_notes | while read -r note; do item "$note"; done; }
END
echo "Trying it"
sleep 0.4
lines=$(NOTES=try.txt; . ./lib/list.sh; add_note one; add_note two; list_notes | wc -l; rm try.txt)
[ "$lines" -eq 4 ]
chant tick --all
`,
    end: LANDS,
  },
  {
    name: "help",
    title: "A text that helps",
    after: ["style"],
    body: "It names each command on a line.",
    criteria: ["The text names the commands add and list"],
    script: sh`
echo "Writing lib/help.sh"
sleep 1
cat >lib/help.sh <<'END'
. ./lib/style.sh
help_text() { heading Commands; item "add TEXT"; item list; }
END
. ./lib/help.sh
[ "$(help_text | grep -c '^- ')" -eq 2 ]
chant tick --all
`,
    end: LANDS,
  },
  {
    name: "search",
    title: "Search in the notes",
    after: ["list"],
    body: "Only the notes that hold a word.",
    criteria: ["Notes without the word are left out"],
    script: sh`
echo "Writing lib/search.sh"
sleep 0.6
cat >lib/search.sh <<'END'
. ./lib/list.sh
search_notes() { list_notes | grep -F -- "$1"; }
END
echo "Trying it"
sleep 0.3
found=$(NOTES=try.txt; . ./lib/search.sh; add_note milk; add_note bread; search_notes milk; rm try.txt)
[ "$found" = "- milk" ]
chant tick --all
`,
    end: LANDS,
  },
  {
    name: "command",
    title: "One command for everything",
    after: ["list", "help"],
    body: "It adds and lists notes, and prints the help for anything else.",
    criteria: ["The command adds and lists", "Without arguments it helps"],
    script: sh`
echo "Writing notes.sh"
sleep 0.5
cat >notes.sh <<'END'
. ./lib/list.sh
. ./lib/help.sh
case "$1" in add) add_note "$2" ;; list) list_notes ;; *) help_text ;; esac
END
echo "Trying it"
sleep 0.4
export NOTES=try.txt
sh notes.sh add "Buy milk"
sh notes.sh list | grep -q '^- Buy milk$'
rm try.txt
chant tick 1
sh notes.sh | grep -q '^- list$'
chant tick 2
`,
    end: LANDS,
  },
];
