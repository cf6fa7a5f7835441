//! What an editor waits for, through the pipes it uses: edits to diagnostics, completion, hover and definition in a package of
//! 10,000 functions, beside `ty server` on the same program in Python, in one run.

mod client;
mod project;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Bench, Measured, millis};
use crate::pip;
use client::Client;
use project::{Language, Place, Project};

/// The peer, from PyPI.
pub(super) const TY: &str = "ty==0.0.107";
/// Functions of the project.
const FUNCTIONS: usize = 10_000;
/// Its files, as of L1.
const FILES: usize = 100;
/// Files of the project that is opened as a whole.
const OPENED: usize = 1_000;
/// Edits, and questions of each kind.
const SAMPLES: usize = 200;
/// What the server may keep in memory.
const MEGABYTES: f64 = 250.0;
/// How long opening all files may take.
const OPENING: Duration = Duration::from_millis(100);

/// The rows L3 to L5, and that of memory. A run of samples is a round: `rounds` does not count here.
pub(super) fn served(bench: &Bench<'_>, _rounds: usize) -> Result<Vec<Measured>, String> {
    let tools = bench.folder.join("ty");
    pip::install(TY, &tools)?;
    let mut ours = Server::start(bench, Language::Pipe, Command::new(bench.pipe).arg("lsp"))?;
    let mut peer = Server::start(bench, Language::Python, Command::new(tools.join("bin/ty")).arg("server"))?;
    let mut times = (Samples::default(), Samples::default());
    for round in 0..SAMPLES {
        // Which goes first changes from round to round.
        let both = [(&mut ours, &mut times.0), (&mut peer, &mut times.1)];
        let order: Vec<_> = if round % 2 == 0 { both.into() } else { both.into_iter().rev().collect() };
        for (server, samples) in order {
            samples.take(server, round)?;
        }
    }
    let (megabytes, peers) = (ours.client.megabytes()?, peer.client.megabytes()?);
    drop((ours, peer));
    let mut rows = times.0.rows(&mut times.1);
    rows.push(Measured {
        id: "L6",
        work: "memory of the language server after that".to_owned(),
        pipe: format!("{megabytes:.0} MB"),
        floor: format!("{peers:.0} MB, ty"),
        ratio: format!("{:.2}", megabytes / peers),
        goal: format!("≤ {MEGABYTES} MB"),
        reached: Some(megabytes <= MEGABYTES),
    });
    Ok(rows)
}

/// A thousand files are opened one after the other, as an editor restores them, until the last one's outline is there.
pub(super) fn opened(bench: &Bench<'_>, _rounds: usize) -> Result<Vec<Measured>, String> {
    let project = Project::write(&bench.folder.join("opened"), Language::Pipe, FUNCTIONS, OPENED)?;
    let mut client = Client::start(Command::new(bench.pipe).arg("lsp"), &project.folder)?;
    let texts: Vec<(PathBuf, String)> = project.files()?;
    let start = Instant::now();
    for (file, text) in &texts {
        client.open(file, Language::Pipe.id(), text)?;
    }
    let (last, _) = texts.last().ok_or("a project without files")?;
    let answer = client
        .request("textDocument/documentSymbol", json!({ "textDocument": { "uri": client::uri(last) } }))?;
    let elapsed = answer.at.duration_since(start);
    if answer.result.as_array().is_none_or(Vec::is_empty) {
        return Err("the outline of the last file is empty".to_owned());
    }
    Ok(vec![Measured {
        id: "L7",
        work: format!("{OPENED} files are opened in the editor, until the outline of the last one is there"),
        pipe: millis(elapsed),
        floor: "–".to_owned(),
        ratio: "–".to_owned(),
        goal: format!("≤ {}", millis(OPENING)),
        reached: Some(elapsed <= OPENING),
    }])
}

/// A server with a project, one file of it open.
struct Server {
    client: Client,
    place: Place,
}

impl Server {
    fn start(bench: &Bench<'_>, language: Language, command: &mut Command) -> Result<Server, String> {
        let project = Project::write(&bench.folder.join(language.id()), language, FUNCTIONS, FILES)?;
        let mut client = Client::start(command, &project.folder)?;
        let place = project.place()?;
        client.open(&place.file, language.id(), &place.text)?;
        let mut server = Server { client, place };
        // All is checked once before anything is measured.
        server.edit(true)?;
        server.edit(false)?;
        Ok(server)
    }

    /// An edit in the body of a function, until diagnostics of that version are there: wrong, or right again.
    fn edit(&mut self, wrong: bool) -> Result<Duration, String> {
        let Place { file, argument, .. } = &self.place;
        let text = if wrong { argument.wrong } else { argument.right };
        let old = if wrong { argument.right } else { argument.wrong };
        let sent = self.client.change(file, argument.line, argument.column, old.len(), text)?;
        let found = self.client.diagnostics(file, sent.version)?;
        let errors = found.result["diagnostics"].as_array().map_or(0, Vec::len);
        if (errors > 0) != wrong {
            return Err(format!("{}: {errors} diagnostics, and the text is wrong: {wrong}", file.display()));
        }
        Ok(found.at.duration_since(sent.at))
    }

    /// A dot is typed behind a container, and what may follow is asked for.
    fn complete(&mut self) -> Result<Duration, String> {
        let Place { file, dot, .. } = &self.place;
        let (file, dot) = (file.clone(), *dot);
        self.client.change(&file, dot.line, dot.column, 0, ".")?;
        let answer = self.ask("textDocument/completion", &file, dot.line, dot.column + 1)?;
        let items = match &answer.result {
            Value::Array(items) => items.as_slice(),
            other => other["items"].as_array().map_or(&[][..], Vec::as_slice),
        };
        if !items.iter().any(|item| item["label"].as_str().is_some_and(|label| label.starts_with("run"))) {
            return Err(format!("{}: completion without `run`: {}", file.display(), items.len()));
        }
        let sent = self.client.change(&file, dot.line, dot.column, 1, "")?;
        self.client.diagnostics(&file, sent.version)?;
        Ok(answer.took)
    }

    /// A question about the called function.
    fn about_call(&mut self, method: &str) -> Result<Duration, String> {
        let Place { file, call, .. } = &self.place;
        let (file, call) = (file.clone(), *call);
        let answer = self.ask(method, &file, call.line, call.column)?;
        if answer.result.is_null() {
            return Err(format!("{method} has no answer in {}", file.display()));
        }
        Ok(answer.took)
    }

    fn ask(
        &mut self,
        method: &str,
        file: &std::path::Path,
        line: usize,
        column: usize,
    ) -> Result<client::Answer, String> {
        let position = json!({ "line": line, "character": column });
        let params = json!({ "textDocument": { "uri": client::uri(file) }, "position": position });
        self.client.request(method, params)
    }
}

/// Times by kind.
#[derive(Default)]
struct Samples {
    diagnostics: Vec<Duration>,
    completion: Vec<Duration>,
    hover: Vec<Duration>,
    definition: Vec<Duration>,
}

impl Samples {
    fn take(&mut self, server: &mut Server, round: usize) -> Result<(), String> {
        self.diagnostics.push(server.edit(round.is_multiple_of(2))?);
        if !round.is_multiple_of(2) {
            self.completion.push(server.complete()?);
        }
        self.hover.push(server.about_call("textDocument/hover")?);
        self.definition.push(server.about_call("textDocument/definition")?);
        Ok(())
    }

    fn rows(&mut self, peer: &mut Samples) -> Vec<Measured> {
        let ms = Duration::from_millis;
        let tail = |ours: &mut Vec<Duration>, peers: &mut Vec<Duration>| {
            ([of(ours, 50), of(ours, 99)], [of(peers, 50), of(peers, 99)])
        };
        let diagnostics = tail(&mut self.diagnostics, &mut peer.diagnostics);
        let completion = tail(&mut self.completion, &mut peer.completion);
        let half = |times: &mut Vec<Duration>| of(times, 50);
        let hover = (half(&mut self.hover), half(&mut peer.hover));
        let definition = (half(&mut self.definition), half(&mut peer.definition));
        let work = format!("{FUNCTIONS} functions, {FILES} files in an editor");
        vec![
            row(
                "L3",
                format!("{work}: from an edit to diagnostics of it, p50 / p99"),
                diagnostics,
                [ms(5), ms(15)],
            ),
            row("L4", format!("{work}: completion after a dot, p50 / p99"), completion, [ms(3), ms(9)]),
            answered(format!("{work}: hover / definition, p50"), hover, definition),
        ]
    }
}

fn row(
    id: &'static str,
    work: String,
    (ours, peers): ([Duration; 2], [Duration; 2]),
    goal: [Duration; 2],
) -> Measured {
    let pair = |[half, most]: [Duration; 2]| format!("{} / {}", millis(half), millis(most));
    Measured {
        id,
        work,
        pipe: pair(ours),
        floor: format!("{}, ty", pair(peers)),
        ratio: format!("{:.2}", ours[0].as_secs_f64() / peers[0].as_secs_f64()),
        goal: format!("≤ {}", pair(goal)),
        reached: Some(ours[0] <= goal[0] && ours[1] <= goal[1]),
    }
}

/// What is asked for without an edit.
fn answered(work: String, hover: (Duration, Duration), definition: (Duration, Duration)) -> Measured {
    const GOAL: Duration = Duration::from_micros(300);
    Measured {
        id: "L5",
        work,
        pipe: format!("{} / {}", micros(hover.0), micros(definition.0)),
        floor: format!("{} / {}, ty", micros(hover.1), micros(definition.1)),
        ratio: format!("{:.2}", hover.0.as_secs_f64() / hover.1.as_secs_f64()),
        goal: format!("≤ {}", micros(GOAL)),
        reached: Some(hover.0 <= GOAL && definition.0 <= GOAL),
    }
}

fn micros(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// The time that so many of a hundred do not exceed.
fn of(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_taken() {
        let mut times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(of(&mut times, 50), Duration::from_millis(100));
        assert_eq!(of(&mut times, 99), Duration::from_millis(198));
        assert_eq!(of(&mut [], 50), Duration::ZERO);
    }
}
