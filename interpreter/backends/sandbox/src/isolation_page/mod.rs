//! `docs/isolation.md`: its tables are made of the lists that the code uses, and of Docker's. `UPDATE=1 cargo test -p pipe-sandbox
//! isolation_page` writes them anew.
#![allow(clippy::unwrap_used)]

mod docker;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;
use std::path::Path;

use crate::child::{identity, masks, mounts};
use crate::seccomp;

type Names = BTreeSet<String>;

/// Why a call differs. Every one that does must be here, and no other.
const REASONS: [(&str, &str); 5] = [
    ("getxattrat", NEWER),
    ("listxattrat", NEWER),
    ("memfd_secret", "off in most kernels; memory that not even the kernel can look into serves no build"),
    ("removexattrat", NEWER),
    ("setxattrat", NEWER),
];

const NEWER: &str = "newer than the list: `ENOSYS`, so that libraries take the older call";

fn words(text: &str) -> Names {
    text.split_whitespace().map(str::to_owned).collect()
}

fn own_calls() -> Names {
    let all = seccomp::ALWAYS.iter().chain(seccomp::ARCHITECTURE);
    all.map(|(name, _)| name.trim_start_matches("SYS_").to_lowercase()).collect()
}

fn dockers_calls() -> Names {
    words(docker::CALLS).into_iter().chain(words(docker::ARCHITECTURE)).collect()
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn calls() -> String {
    let (own, dockers) = (own_calls(), dockers_calls());
    let reasons: BTreeMap<_, _> = REASONS.into_iter().collect();
    let mut rows = String::from("| call | Docker | here | why |\n|---|---|---|---|\n");
    let differing: Vec<&String> = own.symmetric_difference(&dockers).collect();
    for name in &differing {
        let reason = reasons.get(name.as_str());
        let reason =
            reason.unwrap_or_else(|| panic!("`{name}` differs from Docker's: say why, or do as Docker does"));
        rows.push_str(&format!(
            "| `{name}` | {} | {} | {reason} |\n",
            yes(dockers.contains(*name)),
            yes(own.contains(*name))
        ));
    }
    assert_eq!(differing.len(), reasons.len(), "a reason for a difference that is none");
    rows
}

fn capabilities() -> String {
    let own: Names = identity::CAPABILITIES.iter().map(|(_, name)| (*name).to_owned()).collect();
    let mut rows = String::from("| capability | Docker | here |\n|---|---|---|\n");
    let all = own.iter().cloned().chain(docker::CAPABILITIES.iter().map(|name| (*name).to_owned()));
    for name in all.collect::<Names>() {
        let dockers = docker::CAPABILITIES.contains(&name.as_str());
        assert!(dockers || !own.contains(&name), "{name} is more than Docker gives");
        rows.push_str(&format!("| `{name}` | {} | {} |\n", yes(dockers), yes(own.contains(&name))));
    }
    rows
}

/// Paths, each with what becomes of it.
type Paths = BTreeMap<String, &'static str>;

fn each(names: &[&CStr], folder: &str, state: &'static str) -> Paths {
    names.iter().map(|name| (format!("{folder}{}", name.to_str().unwrap()), state)).collect()
}

fn paths() -> String {
    let own = [
        each(&masks::HIDDEN_FILES, "/proc/", "looks empty"),
        each(&masks::HIDDEN_FOLDERS, "/proc/", "looks empty"),
        each(&masks::HIDDEN_IN_SYS, "", "looks empty"),
        each(&masks::HIDDEN_IN_SYS_OF_HOST, "", "empty"),
        each(&masks::READ_ONLY, "/proc/", "read-only"),
    ];
    let own: Paths = own.into_iter().flatten().collect();
    let mut dockers: Paths = docker::MASKED.iter().map(|path| ((*path).to_owned(), "looks empty")).collect();
    dockers.extend(docker::READ_ONLY.iter().map(|path| ((*path).to_owned(), "read-only")));
    dockers.insert("/sys/fs/cgroup".to_owned(), "its own groups, read-only");
    let mut rows = String::from("| path | Docker | here |\n|---|---|---|\n");
    let all: Names = own.keys().chain(dockers.keys()).cloned().collect();
    for path in all {
        let place = |of: &Paths| of.get(&path).copied().unwrap_or("as the kernel shows it");
        let here = match path.as_str() {
            "/proc/timer_stats" => "not in kernels since 4.11",
            _ => place(&own),
        };
        rows.push_str(&format!("| `{path}` | {} | {here} |\n", place(&dockers)));
    }
    rows
}

fn devices() -> String {
    let own: Names = mounts::DEVICES.iter().map(|(_, name)| name.to_str().unwrap().to_owned()).collect();
    let dockers: Names = docker::DEVICES.iter().map(|name| (*name).to_owned()).collect();
    assert!(own.is_subset(&dockers), "{own:?}");
    let listed = |names: &mut dyn Iterator<Item = &String>| {
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
    };
    format!("Both: {}. Docker only: {}.\n", listed(&mut own.iter()), listed(&mut dockers.difference(&own)))
}

fn all_calls() -> String {
    let names: Vec<String> = own_calls().into_iter().map(|name| format!("`{name}`")).collect();
    let mut text = format!("{} calls:\n", names.len());
    for line in names.chunks(12) {
        text.push_str(&line.join(" "));
        text.push('\n');
    }
    text
}

/// The page with a table between its marks.
fn with(page: &str, name: &str, table: &str) -> String {
    let (begin, end) =
        (format!("<!-- {name}: made by a test -->\n\n"), format!("\n<!-- end of {name} -->\n"));
    let at = page.find(&begin).unwrap_or_else(|| panic!("the page has no {name}")) + begin.len();
    let rest = page[at..].find(&end).unwrap_or_else(|| panic!("the page's {name} have no end")) + at;
    format!("{}{table}{}", &page[..at], &page[rest..])
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_page_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/isolation.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let tables = [
        ("calls", calls()),
        ("capabilities", capabilities()),
        ("paths", paths()),
        ("devices", devices()),
        ("allowed calls", all_calls()),
    ];
    let made = tables.iter().fold(page.clone(), |page, (name, table)| with(&page, name, table));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    } else {
        assert_eq!(made, page, "UPDATE=1 writes it anew");
    }
}

/// Sockets of these families reach beyond what is isolated, or kernel code that nobody uses.
#[test]
fn families_of_sockets_that_docker_refuses_are_refused() {
    let dockers = [
        libc::AF_DECnet,
        libc::AF_ECONET,
        libc::AF_ATMSVC,
        libc::AF_IRDA,
        libc::AF_WANPIPE,
        libc::AF_ISDN,
        libc::AF_CAIF,
        libc::AF_ALG,
        libc::AF_VSOCK,
    ];
    for family in dockers {
        assert!(seccomp::REFUSED_SOCKETS.contains(&(family as u64)), "{family}");
    }
}
