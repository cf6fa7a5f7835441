//! A live view on a terminal: `--progress tty`.
//!
//! Below what stays — steps that ran or failed, warnings — stands a block with the running steps, each with its time and the last
//! line it printed, and the counts. Every write takes the block away first and draws it again last, so that what stays is never
//! mixed with it. Only erasing and moving up are asked of the terminal (ECMA-48: CUU, ED); the cursor is never hidden, so there is
//! nothing to restore when the process is killed.

use std::time::{Duration, Instant};

use pipe_engine::{StepState, Stream, Summary};
use pipe_ops::NodeId;
use unicode_width::UnicodeWidthChar;

use super::lines::Lines;
use super::plain::Plain;
use super::{Service, Step, Style, View, control, human};
use crate::failure::StepReport;

/// Marks of a running step, one after the other.
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];
/// How long each mark stands, in milliseconds.
const FRAME: u128 = 120;

/// Rows and columns.
pub(super) type Size = (usize, usize);

pub(super) struct Live {
    style: Style,
    /// Says what stays.
    plain: Plain,
    lines: Lines,
    running: Vec<Running>,
    done: Summary,
    size: Box<dyn Fn() -> Size + Send>,
    /// Widths of the lines of the block that stands now.
    drawn: Vec<usize>,
    /// Somebody else has the terminal: there is no block.
    is_held: bool,
}

struct Running {
    node: NodeId,
    name: String,
    since: Instant,
    last: String,
}

impl Live {
    /// A view on a terminal whose size `size` tells.
    pub(super) fn new(style: Style, size: impl Fn() -> Size + Send + 'static) -> Live {
        Live {
            style,
            plain: Plain::new(style),
            lines: Lines::default(),
            running: Vec::new(),
            done: Summary::default(),
            size: Box::new(size),
            drawn: Vec::new(),
            is_held: false,
        }
    }

    /// Takes the block away, says what stays, draws the block again.
    fn around(&mut self, stays: &str) -> String {
        if self.is_held {
            return stays.to_owned();
        }
        let size = (self.size)();
        let mut text = self.erase(size.1);
        text.push_str(stays);
        text.push_str(&self.draw(size));
        text
    }

    fn erase(&mut self, columns: usize) -> String {
        // A window that became narrower has broken lines that were whole.
        let rows: usize = self.drawn.iter().map(|width| width.div_ceil(columns.max(1)).max(1)).sum();
        self.drawn.clear();
        if rows == 0 { String::new() } else { format!("\u{1b}[{rows}A\r\u{1b}[J") }
    }

    fn draw(&mut self, (rows, columns): Size) -> String {
        if self.running.is_empty() {
            return String::new();
        }
        // The counts, the line of the cursor, and one for what was said last.
        let most = rows.saturating_sub(3).max(1);
        let shown = if self.running.len() > most { most.saturating_sub(1) } else { self.running.len() };
        let mut lines: Vec<String> = self.running.iter().take(shown).map(line).collect();
        if self.running.len() > shown {
            lines.push(format!("  and {} more", self.running.len() - shown));
        }
        lines.push(self.counts());
        let mut text = String::new();
        for line in &lines {
            let (line, width) = cut(line, columns.saturating_sub(1));
            self.drawn.push(width);
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn counts(&self) -> String {
        let parts = [
            (self.running.len(), "running"),
            (self.done.ran, "done"),
            (self.done.cached, "cached"),
            (self.done.failed, "failed"),
            (self.done.skipped, "skipped"),
        ];
        let said: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        said.join(", ")
    }

    fn count(&mut self, state: StepState) {
        match state {
            StepState::Cached => self.done.cached += 1,
            StepState::Ran => self.done.ran += 1,
            StepState::Failed => self.done.failed += 1,
            StepState::Skipped => self.done.skipped += 1,
            StepState::Running => {}
        }
    }
}

impl View for Live {
    fn step(&mut self, step: &Step) -> String {
        self.running.retain(|running| running.node != step.node);
        if step.state == StepState::Running {
            let name = step.name.to_string();
            let running = Running { node: step.node, name, since: Instant::now(), last: String::new() };
            self.running.push(running);
        } else {
            self.lines.finish(step.node);
        }
        self.count(step.state);
        let stays = self.plain.step(step);
        self.around(&stays)
    }

    fn log(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) -> String {
        let lines = self.lines.push(node, stream, bytes);
        let last = lines.iter().rev().find(|line| !line.trim().is_empty());
        let running = self.running.iter_mut().find(|running| running.node == node);
        if let (Some(last), Some(running)) = (last, running) {
            running.last = control::printable(last, false);
        }
        // With `--verbose` the output stays as well.
        let stays = if self.style.verbose { self.plain.log(node, stream, bytes) } else { String::new() };
        if stays.is_empty() { String::new() } else { self.around(&stays) }
    }

    fn warning(&mut self, message: &str) -> String {
        let stays = self.plain.warning(message);
        self.around(&stays)
    }

    fn service(&mut self, service: &Service) -> String {
        let stays = self.plain.service(service);
        if stays.is_empty() { String::new() } else { self.around(&stays) }
    }

    fn notice(&mut self, message: &str) -> String {
        let stays = self.plain.notice(message);
        self.around(&stays)
    }

    fn started(&mut self, nodes: usize) -> String {
        self.plain.started(nodes)
    }

    fn finished(&mut self, summary: &Summary, elapsed: Duration) -> String {
        self.running.clear();
        let stays = self.plain.finished(summary, elapsed);
        self.around(&stays)
    }

    fn failure(&mut self, report: &StepReport) -> String {
        let stays = self.plain.failure(report);
        self.around(&stays)
    }

    fn hold(&mut self, is_held: bool) -> String {
        let size = (self.size)();
        let text = if is_held { self.erase(size.1) } else { self.draw(size) };
        self.is_held = is_held;
        text
    }

    fn tick(&mut self) -> String {
        if self.running.is_empty() { String::new() } else { self.around("") }
    }
}

fn line(running: &Running) -> String {
    let elapsed = running.since.elapsed();
    let frame = (elapsed.as_millis() / FRAME) as usize % FRAMES.len();
    let mark = FRAMES.get(frame).copied().unwrap_or(' ');
    // Tenths would flicker: whole seconds until it is a minute.
    let time = if elapsed.as_secs() < 60 { format!("{} s", elapsed.as_secs()) } else { human(elapsed) };
    let last = if running.last.is_empty() { String::new() } else { format!("  {}", running.last) };
    format!("{mark} {} {time}{last}", running.name)
}

/// As much of a line as fits into so many cells, and how many it takes. A tab is one.
fn cut(line: &str, cells: usize) -> (String, usize) {
    let (mut text, mut width) = (String::new(), 0);
    for c in line.chars() {
        let c = if c == '\t' { ' ' } else { c };
        let wide = c.width().unwrap_or(0);
        if width + wide > cells {
            break;
        }
        width += wide;
        text.push(c);
    }
    (text, width)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::num::NonZeroU16;

    use proptest::prelude::*;

    use super::*;
    use crate::progress::Form;

    fn view(size: Size) -> Live {
        let style = Style { form: Form::Tty, color: false, quiet: false, verbose: false };
        Live::new(style, move || size)
    }

    fn step(number: u32, state: StepState) -> Step {
        Step {
            node: NodeId(number),
            name: format!("step{number}").into(),
            state,
            elapsed: None,
            key: None,
            place: None,
            exit_code: None,
            reason: None,
        }
    }

    fn screen(parser: &mut vt100::Parser, text: &str) -> String {
        // A terminal makes a carriage return of a line end.
        parser.process(text.replace('\n', "\r\n").as_bytes());
        parser.screen().contents()
    }

    fn parser((rows, columns): (u16, u16)) -> vt100::Parser {
        vt100::Parser::new(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap(), 0)
    }

    #[test]
    fn running_steps_stand_below_what_stays() {
        let (mut live, mut terminal) = (view((24, 80)), parser((24, 80)));
        screen(&mut terminal, &live.step(&step(1, StepState::Running)));
        screen(&mut terminal, &live.step(&step(2, StepState::Running)));
        live.log(NodeId(1), Stream::Stdout, b"\x1b[2Jcompiling\nhalf a li");
        let shown = screen(&mut terminal, &live.tick());
        assert_eq!(shown.trim_end(), "| step1 0 s  compiling\n| step2 0 s\n2 running");
        screen(&mut terminal, &live.step(&step(3, StepState::Cached)));
        let shown = screen(&mut terminal, &live.step(&step(1, StepState::Ran)));
        assert_eq!(shown.trim_end(), "step1: done\n| step2 0 s\n1 running, 1 done, 1 cached");
        screen(&mut terminal, &live.step(&step(2, StepState::Failed)));
        let summary = Summary { ran: 1, cached: 1, failed: 1, skipped: 0 };
        let shown = screen(&mut terminal, &live.finished(&summary, Duration::from_millis(5)));
        assert_eq!(
            shown.trim_end(),
            "step1: done\nstep2: failed\n3 steps: 1 ran, 1 cached, 1 failed in 5 ms"
        );
        assert!(live.tick().is_empty());
    }

    #[test]
    fn lines_are_cut_by_their_width() {
        assert_eq!(cut("abc", 2), ("ab".to_owned(), 2));
        assert_eq!(cut("日本語", 5), ("日本".to_owned(), 4));
        assert_eq!(cut("a\tb", 9), ("a b".to_owned(), 3));
    }

    proptest! {
        /// Whatever happens, on a terminal of any size, nothing of the block is left when the run is over.
        #[test]
        fn nothing_of_the_block_is_left(
            size in (1u16..12, 1u16..40),
            events in prop::collection::vec((0u32..6, 0u8..4, ".{0,60}"), 0..40),
        ) {
            let mut live = view((usize::from(size.0), usize::from(size.1)));
            // High enough that nothing scrolls away: what is left over could only be seen there.
            let mut terminal = parser((500, size.1));
            for (number, what, text) in events {
                let said = match what {
                    0 => live.step(&step(number, StepState::Running)),
                    1 => live.step(&step(number, StepState::Cached)),
                    2 => live.log(NodeId(number), Stream::Stdout, format!("{text}\n").as_bytes()),
                    _ => live.tick(),
                };
                screen(&mut terminal, &said);
            }
            let shown = screen(&mut terminal, &live.finished(&Summary::default(), Duration::ZERO));
            prop_assert_eq!(shown.trim(), "");
        }
    }
}
