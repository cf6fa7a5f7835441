//! Names, numbers, strings and scripts.

use super::writer::Writer;

const VALUES: [&str; 14] = [
    "a",
    "b",
    "x",
    "src",
    "tools",
    "host",
    "json",
    "version",
    "test",
    "use",
    "platform_of_the_target",
    "a_rather_long_name_for_a_value",
    "result",
    "with",
];
const TYPES: [&str; 8] =
    ["Int", "String", "List", "Container", "Dir", "T", "Map", "ConfigurationOfTheCluster"];
const NUMBERS: [&str; 9] = ["0", "1", "42", "1_000", "2.5", "10min", "1h30min", "512MiB", "0.5GiB"];
const STRINGS: [&str; 9] = [
    "\"\"",
    "\"text\"",
    "\"a \\\"quoted\\\" word\\n\"",
    "\"golang:1.21\"",
    "\"${ x }/${json.decode(y)}\"",
    "\"https://example.com/a/rather/long/address/of/something?that=takes&much=room\"",
    "\"\\${not a hole} \\u{e9}\"",
    "\"# no comment\"",
    "\"über\"",
];
const SCRIPTS: [&str; 6] = [
    "sh\"make\"",
    "sh\"echo ${{ x }} \\\"$HOME\\\"\"",
    "sh\"echo \\\"a ${{ x }}\\\"\"",
    "bash\"set -o pipefail; a | b\"",
    "sh\"\"\"echo \"on one line\" \"\"\"",
    "sh\"printf '%s\\n' $$ # no comment\"",
];

impl Writer {
    pub(super) fn value_name(&mut self) {
        let name = self.random.pick(&VALUES);
        self.put(name);
    }

    pub(super) fn type_name(&mut self) {
        let name = self.random.pick(&TYPES);
        self.put(name);
    }

    pub(super) fn number(&mut self) {
        let number = self.random.pick(&NUMBERS);
        self.put(number);
    }

    pub(super) fn string(&mut self) {
        let string = self.random.pick(&STRINGS);
        self.put(string);
    }

    pub(super) fn script(&mut self) {
        let script = self.random.pick(&SCRIPTS);
        self.put(script);
    }

    /// A literal in three quotes over several lines.
    pub(super) fn text_block(&mut self) {
        let open = self.random.pick(&["sh\"\"\"", "sh\"\"\"", "bash\"\"\"", "\"\"\""]);
        let indent = self.indentation() + self.random.number(&[0, 2, 2, 5]);
        let mark = if self.random.percent(10) { "\t" } else { " " };
        let mut text = open.to_owned();
        if self.random.percent(8) {
            text.push_str("echo first");
        } else if self.random.percent(8) {
            text.push_str("  ");
        }
        for _ in 0..1 + self.random.below(4) {
            text.push('\n');
            let further = self.random.number(&[0, 0, 2]);
            let lines = [
                "go build ./...",
                "test \"$x\" = 1",
                "",
                "  ",
                "cat <<EOF",
                "# comment",
                "a ${{ x }}",
                "b \\",
            ];
            let count = if open.starts_with('"') { 6 } else { 8 };
            let line = lines[self.random.below(count) as usize];
            text.push_str(&mark.repeat((indent + further) as usize));
            text.push_str(line);
        }
        if self.random.percent(85) {
            text.push('\n');
            text.push_str(&" ".repeat(self.random.number(&[0, 2, indent]) as usize));
        }
        // A line that ends in `\` or `"` must not change the quotes.
        if text.ends_with(['\\', '"']) {
            text.push_str(" x");
        }
        text.push_str("\"\"\"");
        self.put_lines(&text);
    }
}
