//! Names that `pipe.lock` pins (tags of images, branches of repositories, files of the web), looked up again.

use pipe_engine::{FailureClass, LookupError};
use pipe_registry::{
    Cancel, ErrorKind, Pin, PinKind, Pins, Reference, RegistryError, parse_digest, show_digest,
};

use crate::config::Config;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::grants;
use crate::machine::{self, Names};
use crate::packages::Place;
use crate::progress::printable;

/// What to do about a name that is nothing any more.
const GONE: &str =
    "it was there when it was pinned; remove its line from pipe.lock if nothing needs it any more";

/// What to do about a name that its server tells to those only that it knows.
const NO_SECRETS: &str = "`pipe update` has no secrets: where the program gives a `token:` or `headers:`, remove the line from pipe.lock and run again; your own keys and passwords for a repository need `--allow git:HOST`";

/// The pins that a command line names; all when it names nothing.
pub(super) fn named<'p>(pins: &'p Pins, names: &[String]) -> Vec<Pin<'p>> {
    pins.iter().filter(|pin| names.is_empty() || names.iter().any(|name| means(name, pin))).collect()
}

/// Whether a name means a pin: that of an image as programs write it, a URL, a repository with a branch or a tag (`URL#NAME`) or without,
/// which means all of it.
pub(super) fn means(name: &str, pin: &Pin<'_>) -> bool {
    match pin.kind {
        PinKind::Image => {
            let full = Reference::parse(name).ok().and_then(|reference| reference.pin_name());
            full.is_some_and(|full| full == pin.name)
        }
        PinKind::Http => name == pin.name,
        PinKind::Git => {
            name == pin.name || pin.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('#'))
        }
    }
}

/// What came of looking pins up.
#[derive(Default)]
pub(super) struct LookedUp {
    /// Those that are other now.
    pub(super) moved: Pins,
    /// Why others stay as they were: one may not be asked for, cannot be had or is not there any more; a tag of a repository was moved, or a
    /// page came in the place of a file, and nobody accepts it.
    pub(super) failures: Vec<CliError>,
}

/// Looks pins up, each by itself. Of an image only its manifest is fetched, of a repository nothing; a file is fetched.
///
/// # Errors
/// When none can be.
pub(super) fn look_up(
    pins: &[Pin<'_>],
    place: &Place<'_>,
    allow: &[String],
    accept: bool,
) -> Result<LookedUp, CliError> {
    let mut found = LookedUp::default();
    if pins.is_empty() {
        return Ok(found);
    }
    let environment = place.environment;
    let names = names(environment, place, allow)?;
    for pin in pins {
        if let Err(error) = look_up_one(pin, &names, accept, &mut found.moved) {
            found.failures.push(error);
        }
    }
    Ok(found)
}

fn look_up_one(pin: &Pin<'_>, names: &Names, accept: bool, moved: &mut Pins) -> Result<(), CliError> {
    match pin.kind {
        PinKind::Image => {
            let digest = image(names, pin.name)?;
            if show_digest(digest) != pin.value {
                moved.insert(pin.name, digest);
            }
        }
        PinKind::Http => {
            let now = names.sources.file(pin.name).map_err(unknown_source)?;
            if show_digest(now) != pin.value {
                let is_page = |digest| names.sources.is_page(digest).map_err(unknown_source);
                let was_page = || parse_digest(pin.value).map_or(Ok(false), is_page);
                if !accept && is_page(now)? && !names_a_page(pin.name) && !was_page()? {
                    return Err(page(pin));
                }
                moved.insert_file(pin.name, now);
            }
        }
        PinKind::Git => {
            let now = names.sources.commit(pin.name).map_err(unknown_source)?;
            if now.commit != pin.value {
                if now.is_tag && !accept {
                    return Err(moved_tag(pin, &now.commit));
                }
                moved.insert_commit(pin.name, now.commit);
            }
        }
    }
    Ok(())
}

/// Whether a URL is that of a page, by its name.
fn names_a_page(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let name = name.to_ascii_lowercase();
    name.is_empty() || [".html", ".htm", ".xhtml", "/"].iter().any(|end| name.ends_with(end))
}

fn page(pin: &Pin<'_>) -> CliError {
    let name = printable(pin.name, false);
    CliError::usage(format!("{name} is a page for a browser now, perhaps to sign in; its pin stays as it was")).help(
        "`pipe update` has no secrets: remove the line from pipe.lock and run again if the file needs one; `pipe update --accept` takes the page",
    )
}

fn names(environment: &Environment, place: &Place<'_>, allow: &[String]) -> Result<Names, CliError> {
    let config = Config::read(environment.config.as_deref())?;
    let grants = grants::given_before(&place.root.dir, environment, &config, allow)?;
    machine::names(environment, &config, &place.root.dir, grants)
}

fn image(names: &Names, name: &str) -> Result<pipe_ops::BlobDigest, CliError> {
    let reference = Reference::parse(name).map_err(|error| CliError::usage(error.to_string()))?;
    names.images.resolve(&reference, &Cancel::default()).map_err(unknown_image)
}

fn unknown_image(error: RegistryError) -> CliError {
    let RegistryError { kind, message, help } = error;
    if kind == ErrorKind::Absent {
        return CliError::usage(message).help(GONE);
    }
    match help {
        Some(help) => CliError::machine(message).help(help),
        None => CliError::machine(message),
    }
}

fn unknown_source(error: LookupError) -> CliError {
    let LookupError { class, reason, help, needs_secret } = error;
    // The program may well give one: only a run has it.
    let help = if needs_secret { Some(NO_SECRETS.to_owned()) } else { help };
    let reason = printable(&reason, false);
    match (class, help) {
        (FailureClass::Pipeline, _) => CliError::usage(reason).help(GONE),
        (FailureClass::Machine, Some(help)) => CliError::machine(reason).help(help),
        (FailureClass::Machine, None) => CliError::machine(reason),
        (FailureClass::Usage | FailureClass::Approval, Some(help)) => CliError::usage(reason).help(help),
        (FailureClass::Usage | FailureClass::Approval, None) => CliError::usage(reason),
    }
}

fn moved_tag(pin: &Pin<'_>, now: &str) -> CliError {
    let name = printable(pin.name, false);
    CliError::usage(format!(
        "the tag {name} was moved: it was commit {} when pipe.lock was written, and is {now} now",
        pin.value
    ))
    .help("tags should not move: ask its owners; `pipe update --accept` takes what it is now, after you looked at it")
}

/// Which pins became other, a line for each. `looked_up` is how many were asked for.
pub(super) fn changes(before: &Pins, moved: &Pins, looked_up: usize) -> String {
    let line = |pin: Pin<'_>| {
        let was = before.pin(pin.kind, pin.name).map(|pin| short(&pin)).unwrap_or_default();
        format!("{}: {was} -> {}\n", printable(pin.name, false), short(&pin))
    };
    match (looked_up, moved.is_empty()) {
        (0, _) => String::new(),
        (_, true) => "images, branches and files that pipe.lock pins: all as they were\n".to_owned(),
        _ => moved.iter().map(line).collect(),
    }
}

/// As much of a digest or a commit as people compare.
fn short(pin: &Pin<'_>) -> String {
    let length = match pin.kind {
        PinKind::Git => 12,
        PinKind::Http | PinKind::Image => "sha256:".len() + 12,
    };
    pin.value.chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pins_are_named_as_programs_name_them() {
        let (digest, commit) = (format!("sha256:{}", "a".repeat(64)), "b".repeat(40));
        let lock = format!(
            "git https://h/r#main {commit}\ngit https://h/r#v1 {commit}\ngit https://h/rest#main {commit}\n\
             http https://h/f {digest}\nimage docker.io/library/alpine:3.20 {digest}\n"
        );
        let pins = Pins::parse(&lock).unwrap();
        let named = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            super::named(&pins, &names).iter().map(|pin| pin.name).collect::<Vec<_>>()
        };
        assert_eq!(named(&[]).len(), 5);
        assert_eq!(named(&["https://h/r"]), ["https://h/r#main", "https://h/r#v1"]);
        assert_eq!(named(&["https://h/r#v1", "https://h/f"]), ["https://h/r#v1", "https://h/f"]);
        assert_eq!(named(&["alpine:3.20"]), ["docker.io/library/alpine:3.20"]);
        assert_eq!(named(&["https://h/", "alpine", "https://h/f#main"]), Vec::<&str>::new());
    }
}
