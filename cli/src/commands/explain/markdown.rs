//! The Markdown of our pages, laid out for a terminal: headings, paragraphs, fences and tables.

use unicode_width::UnicodeWidthStr;

/// What a line of a page belongs to.
enum Block<'p> {
    Heading(&'p str),
    /// Words, of which some are code.
    Paragraph(Vec<Word>),
    Fence(Vec<&'p str>),
    Table(Vec<Vec<&'p str>>),
}

/// What stands between two spaces outside of code.
struct Word {
    text: String,
    code: bool,
}

/// The page with lines of at most `width` columns, where words allow that; programs and tables keep their lines.
pub(super) fn laid_out(page: &str, width: usize, color: bool) -> String {
    let paint = Paint { color };
    let blocks: Vec<String> = blocks(page).iter().map(|block| paint.block(block, width)).collect();
    blocks.join("\n")
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            blocks.push(Block::Fence(lines.by_ref().take_while(|line| !line.starts_with("```")).collect()));
        } else if line.starts_with('#') {
            blocks.push(Block::Heading(line.trim_start_matches('#').trim()));
        } else if line.starts_with('|') {
            let mut rows = vec![cells(line)];
            while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(line));
            }
            // The row of dashes below the head.
            rows.retain(|row| !row.iter().all(|cell| cell.chars().all(|c| "-:".contains(c))));
            blocks.push(Block::Table(rows));
        } else if !line.trim().is_empty() {
            let mut text = line.to_owned();
            let goes_on = |line: &&str| {
                !line.is_empty() && !["```", "|", "#"].iter().any(|mark| line.starts_with(mark))
            };
            while let Some(line) = lines.next_if(goes_on) {
                text.push(' ');
                text.push_str(line);
            }
            blocks.push(Block::Paragraph(words(&text)));
        }
    }
    blocks
}

fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// The words of a text; a piece of code is one, with its spaces and what is glued to it.
fn words(text: &str) -> Vec<Word> {
    let mut words = vec![Word { text: String::new(), code: false }];
    let mut inside = false;
    for c in text.chars() {
        if c == ' ' && !inside {
            words.push(Word { text: String::new(), code: false });
            continue;
        }
        let Some(word) = words.last_mut() else { continue };
        if c == '`' {
            inside = !inside;
            word.code = true;
        }
        word.text.push(c);
    }
    words.retain(|word| !word.text.is_empty());
    words
}

struct Paint {
    color: bool,
}

impl Paint {
    fn block(&self, block: &Block<'_>, width: usize) -> String {
        match block {
            Block::Heading(text) if self.color => format!("\u{1b}[1m{}\u{1b}[0m\n", text.replace('`', "")),
            Block::Heading(text) => format!("{text}\n"),
            Block::Paragraph(words) => self.paragraph(words, width),
            Block::Fence(lines) => {
                lines.iter().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect()
            }
            Block::Table(rows) => self.table(rows),
        }
    }

    fn paragraph(&self, words: &[Word], width: usize) -> String {
        let mut out = String::new();
        let mut column = 0;
        for word in words {
            let length = self.width(&word.text);
            if column > 0 && column + 1 + length > width {
                out.push('\n');
                column = 0;
            }
            if column > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(&if word.code { self.code(&word.text) } else { word.text.clone() });
            column += length;
        }
        out + "\n"
    }

    fn table(&self, rows: &[Vec<&str>]) -> String {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| self.width(cell))
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<&str>| {
            let cell = |(cell, width): (&&str, &usize)| {
                format!("  {}{}", self.code(cell), " ".repeat(width.saturating_sub(self.width(cell))))
            };
            let line: String = row.iter().zip(&widths).map(cell).collect();
            format!("{}\n", line.trim_end())
        };
        rows.iter().map(line).collect()
    }

    /// How many columns a text takes; colour stands for the marks of code.
    fn width(&self, text: &str) -> usize {
        let marks = if self.color { text.matches('`').count() } else { 0 };
        text.width() - marks
    }

    /// A text with its code in colour.
    fn code(&self, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let parts = text.split('`').enumerate();
        parts
            .map(|(i, part)| if i % 2 == 1 { format!("\u{1b}[36m{part}\u{1b}[0m") } else { part.to_owned() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# `a`: b `c`\n\nOne `two three` four\nfive.\n\n```pipe\nfn f() {\n\n}\n```\n\n| x | y |\n|---|---|\n| `long` | z |\n| a | `b` |\n";

    #[test]
    fn a_page_is_laid_out() {
        insta::assert_snapshot!(laid_out(PAGE, 20, false), @r"
        `a`: b `c`

        One `two three` four
        five.

            fn f() {

            }

          x       y
          `long`  z
          a       `b`
        ");
    }

    #[test]
    fn colours_stand_for_marks() {
        let shown = laid_out(PAGE, 16, true);
        assert!(shown.starts_with("\u{1b}[1ma: b c\u{1b}[0m\n"), "{shown:?}");
        assert!(shown.contains("One \u{1b}[36mtwo three\u{1b}[0m\nfour"), "{shown:?}");
        assert!(shown.contains("  \u{1b}[36mlong\u{1b}[0m  z\n  a     \u{1b}[36mb\u{1b}[0m\n"), "{shown:?}");
        assert!(!shown.contains('`'), "{shown:?}");
    }
}
