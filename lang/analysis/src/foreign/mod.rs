//! What things are called elsewhere: names of Dagger, of CI systems, of Dockerfiles and of other languages, with what stands for
//! them here. A table decides before similar spelling does: `null` is no mistyped `all`.

mod arguments;
mod members;
mod names;
mod operations;
mod types;

pub(crate) use arguments::argument;
pub(crate) use members::member;
pub(crate) use names::name;
pub(crate) use operations::{operation, optional};
pub(crate) use types::ty;

use pipe_diagnostics::Diagnostic;

/// What stands for something of elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    /// It has another name, and is used in the same way.
    Called(&'static str),
    /// It is written in another way: what to do, as a sentence.
    Written(&'static str),
}

/// Adds what stands here for a name, as help and, where only the name differs, as a fix.
pub(crate) fn with_here<P>(found: Diagnostic<P>, here: Here, place: P) -> Diagnostic<P> {
    match here {
        Here::Called(name) => {
            found.help(format!("it is called `{name}` here")).fix(format!("write `{name}`"), place, name)
        }
        Here::Written(sentence) => found.help(sentence),
    }
}

/// A name in small letters, its words joined by `_`, as other languages write it with capitals.
fn small(name: &str) -> String {
    let mut small = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for c in name.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            small.push('_');
        }
        small.push(c.to_ascii_lowercase());
        before = c;
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_begin_words() {
        assert_eq!(small("withExec"), "with_exec");
        assert_eq!(small("toURL"), "to_url");
        assert_eq!(small("len"), "len");
    }

    #[test]
    fn tables_know_every_way_of_writing() {
        assert_eq!(operation("Container", "withExec"), Some(Here::Called("run")));
        assert_eq!(operation("Container", "with_exec"), Some(Here::Called("run")));
        assert_eq!(operation("List", "includes"), Some(Here::Called("contains")));
        assert_eq!(operation("List", "qqq"), None);
        assert_eq!(argument("continueOnError"), Some(Here::Called("allow_failure")));
        assert_eq!(name("null"), Some(Here::Called("none")));
        assert_eq!(ty("Vec"), Some(Here::Called("List")));
        assert_eq!(member("std/json", "parse"), Some(Here::Called("decode")));
        assert_eq!(member("json", "parse"), None, "a module of the package that has the same name");
    }
}
