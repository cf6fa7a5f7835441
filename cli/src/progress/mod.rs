//! Shows what happens during a run, on standard error.

mod control;
mod github;
mod gitlab;
mod json;
mod lines;
mod live;
mod logs;
mod plain;
mod schema;

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pipe_engine::{Event, EventSink, ServiceState, StepState, Summary};
use pipe_ops::NodeId;

use crate::args::{GlobalArgs, ProgressForm};
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::failure::StepReport;
use crate::output;
use crate::reports::Tests;

pub(crate) use control::printable;
pub(crate) use github::workflow_command;
pub(crate) use schema::Object;

/// How things are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) form: Form,
    pub(crate) color: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

/// The forms of progress that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Tty,
    Json,
    Github,
    Gitlab,
}

impl Style {
    /// Before it is known what was asked for.
    pub(crate) fn plain() -> Style {
        Style { form: Form::Plain, color: false, quiet: false, verbose: false }
    }

    /// For a program that reads `--progress json`.
    pub(crate) fn events(self) -> Style {
        Style { form: Form::Json, color: false, ..self }
    }

    /// What flags and environment ask for.
    pub(crate) fn choose(global: &GlobalArgs, environment: &Environment) -> Style {
        let form = match global.progress {
            ProgressForm::Auto if environment.github => Form::Github,
            ProgressForm::Auto if environment.gitlab => Form::Gitlab,
            ProgressForm::Auto if environment.stderr_is_terminal && !environment.dumb_terminal => Form::Tty,
            ProgressForm::Auto | ProgressForm::Plain => Form::Plain,
            ProgressForm::Tty => Form::Tty,
            ProgressForm::Json => Form::Json,
            ProgressForm::Github => Form::Github,
            ProgressForm::Gitlab => Form::Gitlab,
        };
        let in_color = environment.stderr_is_terminal || matches!(form, Form::Github | Form::Gitlab);
        let color = global.color.or(in_color && !environment.no_color);
        Style { form, color: color && form != Form::Json, quiet: global.quiet, verbose: global.verbose }
    }
}

/// A way to show a run. Gets everything in order; what it returns goes to standard error as one write.
trait View: Send {
    /// A step changed its state.
    fn step(&mut self, step: &Step) -> String;
    /// A step printed.
    fn log(&mut self, node: NodeId, stream: pipe_engine::Stream, bytes: &[u8]) -> String;
    /// Something a person should know.
    fn warning(&mut self, message: &str) -> String;
    /// A service changed its state.
    fn service(&mut self, _: &Service) -> String {
        String::new()
    }
    /// Something that the pipeline tells a person.
    fn notice(&mut self, message: &str) -> String;
    /// A round begins.
    fn started(&mut self, nodes: usize) -> String;
    /// The run is over.
    fn finished(&mut self, summary: &Summary, elapsed: Duration) -> String;
    /// Why a step failed, told after the run.
    fn failure(&mut self, report: &StepReport) -> String;
    /// What the test reports of a check say, told after the run's failures.
    fn tests(&mut self, tests: &Tests) -> String {
        tests_text(tests)
    }
    /// The run stopped and can go on, told after its failures.
    fn resume(&mut self, _run: &str, command: &str) -> String {
        format!("\nto go on, without repeating what is done:\n  {command}\n")
    }
    /// Somebody else gets the terminal, or gives it back: takes away what does not stay, or draws it again.
    fn hold(&mut self, _is_held: bool) -> String {
        String::new()
    }
    /// Some time has passed.
    fn tick(&mut self) -> String {
        String::new()
    }
}

/// A change of a step's state.
struct Step {
    node: NodeId,
    name: Arc<str>,
    state: StepState,
    elapsed: Option<Duration>,
    key: Option<String>,
    place: Option<(Arc<str>, u32)>,
    exit_code: Option<i32>,
    reason: Option<Arc<str>>,
}

/// A change of a service's state.
struct Service {
    node: NodeId,
    name: Arc<str>,
    state: ServiceState,
    elapsed: Option<Duration>,
    place: Option<(Arc<str>, u32)>,
}

/// A view, and what it would show while somebody else has the terminal.
struct Screen {
    view: Box<dyn View>,
    held: Option<Held>,
}

/// Bytes that are held back at most. What others print meanwhile is in their logs.
const MOST_HELD: usize = 16 << 20;

/// What is shown later.
#[derive(Default)]
struct Held {
    text: String,
    left_out: usize,
}

impl Held {
    fn push(&mut self, text: &str) {
        if self.text.len() + text.len() > MOST_HELD {
            self.left_out += text.len();
        } else {
            self.text.push_str(text);
        }
    }
}

type SharedView = Arc<Mutex<Screen>>;

/// For as long as this lives nothing is shown.
pub(crate) struct Hold {
    view: SharedView,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut screen = locked(&self.view);
        let Held { mut text, left_out } = screen.held.take().unwrap_or_default();
        if left_out > 0 {
            text.push_str(&screen.view.warning(&format!(
                "{} KiB of what others printed meanwhile are not shown",
                left_out.div_ceil(1 << 10)
            )));
        }
        text.push_str(&screen.view.hold(false));
        output::notice(&text);
    }
}

/// How often a live view is drawn again though nothing happened.
const TICK: Duration = Duration::from_millis(120);

/// The event sink of the command line.
pub(crate) struct Progress {
    view: SharedView,
    /// The view is for people: names and messages, which a package chooses, must not act on their terminal.
    printable: bool,
    /// A person reads it as it comes: neither a program does, nor those who look into a CI job's log later.
    is_watched: bool,
    /// What services print is shown as it comes: where there is no group to put it into.
    shows_services: bool,
    /// Ends the clock of a live view when it is dropped.
    _clock: Option<Sender<()>>,
    /// Steps that did not come from the cache, in the order they were over.
    ran: Mutex<Vec<Arc<str>>>,
    /// Nodes that are services.
    services: Mutex<HashSet<NodeId>>,
}

impl Progress {
    /// Shows a run in a style.
    pub(crate) fn new(style: Style) -> Progress {
        let view: Box<dyn View> = match style.form {
            Form::Tty if !style.quiet => Box::new(live::Live::new(style, window)),
            Form::Plain | Form::Tty => Box::new(plain::Plain::new(style)),
            Form::Json => Box::new(json::Json),
            Form::Github => Box::new(github::Github::new(style)),
            Form::Gitlab => Box::new(gitlab::Gitlab::new(style)),
        };
        let view = Arc::new(Mutex::new(Screen { view, held: None }));
        let clock = (style.form == Form::Tty).then(|| clock(view.clone()));
        let is_json = style.form == Form::Json;
        Progress {
            view,
            printable: !is_json,
            is_watched: matches!(style.form, Form::Plain | Form::Tty),
            shows_services: is_json || style.verbose && matches!(style.form, Form::Plain | Form::Tty),
            _clock: clock,
            ran: Mutex::default(),
            services: Mutex::default(),
        }
    }

    /// Whether a person reads it as it comes, rather than a program or a CI system.
    pub(crate) fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// Holds back what would be shown, until what this gives is dropped.
    pub(crate) fn hold(&self) -> Hold {
        let mut screen = locked(&self.view);
        let text = screen.view.hold(true);
        screen.held = Some(Held::default());
        output::notice(&text);
        Hold { view: self.view.clone() }
    }

    /// What `--expect-cached` promises.
    ///
    /// # Errors
    /// When a step ran, with all that did.
    pub(crate) fn expect_cached(&self) -> Result<(), CliError> {
        let ran = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        match ran.is_empty() {
            true => Ok(()),
            false => Err(CliError::new(Exit::Failed, format!("not cached: {}", ran.join(", ")))
                .help("`pipe why TARGET` says why")),
        }
    }

    /// Says why a step failed.
    pub(crate) fn failure(&self, report: &StepReport) {
        self.show(|view| view.failure(report));
    }

    /// Says what the test reports of a check say.
    pub(crate) fn tests(&self, tests: &Tests) {
        self.show(|view| view.tests(tests));
    }

    /// Says how a run that stopped can go on.
    pub(crate) fn resume(&self, run: &str, command: &str) {
        let command = self.shown(command.into());
        self.show(|view| view.resume(run, &command));
    }

    /// A warning that is not the engine's.
    pub(crate) fn warning(&self, message: &str) {
        let message = self.shown(message.into());
        self.show(|view| view.warning(&message));
    }

    /// A text as it may be shown, on one line.
    fn shown(&self, text: Arc<str>) -> Arc<str> {
        if self.printable { printable(&text, false).into() } else { text }
    }

    fn show(&self, say: impl FnOnce(&mut dyn View) -> String) {
        show(&self.view, say);
    }
}

/// The tests of a check for people: how many, and each that failed.
fn tests_text(tests: &Tests) -> String {
    let mut text = format!("{}: {}\n", printable(&tests.name, false), tests.counts());
    for test in &tests.failed {
        let place = match (&test.file, test.line) {
            (Some(file), Some(line)) => format!(" ({file}:{line})"),
            (Some(file), None) => format!(" ({file})"),
            _ => String::new(),
        };
        let message = if test.message.is_empty() { String::new() } else { format!(": {}", test.message) };
        text.push_str(&format!("  FAILED {}\n", printable(&format!("{}{place}{message}", test.name), false)));
    }
    text
}

/// Written under the lock: what two threads say must not change places.
fn show(view: &SharedView, say: impl FnOnce(&mut dyn View) -> String) {
    let mut screen = locked(view);
    let text = say(screen.view.as_mut());
    match &mut screen.held {
        Some(held) => held.push(&text),
        None if text.is_empty() => {}
        None => output::notice(&text),
    }
}

fn locked(view: &SharedView) -> MutexGuard<'_, Screen> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Draws a live view again and again, until the sender is gone.
fn clock(view: SharedView) -> Sender<()> {
    let (sender, gone) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        while gone.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            show(&view, |view| view.tick());
        }
    });
    sender
}

/// Rows and columns of the terminal, as they are now; those of old when it does not say.
fn window() -> live::Size {
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok();
    let size = size.filter(|size| size.ws_row > 0 && size.ws_col > 0);
    size.map_or((24, 80), |size| (size.ws_row.into(), size.ws_col.into()))
}

impl EventSink for Progress {
    fn event(&self, event: Event) {
        if let Event::Step { name, state: StepState::Ran | StepState::Failed, .. } = &event {
            self.ran.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        }
        if let Event::Service { node, .. } = &event {
            self.services.lock().unwrap_or_else(PoisonError::into_inner).insert(*node);
        }
        if let Event::Log { node, .. } = &event
            && !self.shows_services
            && self.services.lock().unwrap_or_else(PoisonError::into_inner).contains(node)
        {
            // Its end is shown where somebody fails with it.
            return;
        }
        self.show(|view| match event {
            Event::Started { nodes } => view.started(nodes),
            Event::Step { node, name, state, elapsed, key, origin, exit_code, reason } => view.step(&Step {
                node,
                name: self.shown(name),
                state,
                elapsed,
                key: key.map(|key| key.to_string()),
                place: origin.map(|origin| (self.shown(origin.file), origin.line)),
                exit_code,
                reason: reason.map(|reason| self.shown(reason)),
            }),
            Event::Service { node, name, state, elapsed, origin } => view.service(&Service {
                node,
                name: self.shown(name),
                state,
                elapsed,
                place: origin.map(|origin| (self.shown(origin.file), origin.line)),
            }),
            Event::Log { node, stream, bytes } => view.log(node, stream, &bytes),
            Event::Notice { message } => view.notice(&message),
            Event::Warning { message } => view.warning(&self.shown(message)),
            Event::Finished { summary, elapsed } => view.finished(&summary, elapsed),
        });
    }
}

/// Names of the steps that run, for lines of their logs.
#[derive(Default)]
struct Names(HashMap<NodeId, Arc<str>>);

impl Names {
    fn learn(&mut self, node: NodeId, name: &Arc<str>) {
        self.0.insert(node, name.clone());
    }

    /// The step is over: it says nothing more.
    fn forget(&mut self, node: NodeId) {
        self.0.remove(&node);
    }

    fn of(&self, node: NodeId) -> Arc<str> {
        self.0.get(&node).cloned().unwrap_or_else(|| "step".into())
    }
}

/// A state's name, in events and for people.
fn state_name(state: StepState) -> &'static str {
    match state {
        StepState::Cached => "cached",
        StepState::Running => "running",
        StepState::Ran => "ran",
        StepState::Failed => "failed",
        StepState::Skipped => "skipped",
    }
}

/// A state's name, as [`state_name`].
fn service_state_name(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Starting => "starting",
        ServiceState::Ready => "ready",
        ServiceState::Stopped => "stopped",
        ServiceState::Failed => "failed",
    }
}

/// A duration for people: `12 ms`, `3.4 s`, `2 min 5 s`.
pub(crate) fn human(elapsed: Duration) -> String {
    let ms = elapsed.as_millis();
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", elapsed.as_secs_f64()),
        _ => format!("{} min {} s", elapsed.as_secs() / 60, elapsed.as_secs() % 60),
    }
}

/// `3 steps: 1 ran, 2 cached`.
fn counts(summary: &Summary) -> String {
    let total = summary.cached + summary.ran + summary.failed + summary.skipped;
    let parts = [
        (summary.ran, "ran"),
        (summary.cached, "cached"),
        (summary.failed, "failed"),
        (summary.skipped, "skipped"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let steps = if total == 1 { "step" } else { "steps" };
    if said.is_empty() { "nothing to do".to_owned() } else { format!("{total} {steps}: {}", said.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(human(Duration::from_millis(12)), "12 ms");
        assert_eq!(human(Duration::from_millis(3400)), "3.4 s");
        assert_eq!(human(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn counts_leave_out_what_did_not_happen() {
        assert_eq!(counts(&Summary { cached: 2, ran: 1, failed: 0, skipped: 0 }), "3 steps: 1 ran, 2 cached");
        assert_eq!(counts(&Summary::default()), "nothing to do");
    }
}
