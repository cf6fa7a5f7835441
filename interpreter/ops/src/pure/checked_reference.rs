//! Forms of references to things elsewhere: images, URLs, git references, versions.

use super::checked::Verdict;

/// `[registry[:port]/]name[/name…][:tag][@sha256:…]`, as the OCI distribution specification 1.1 names repositories and tags.
pub(super) fn image_ref(text: &str) -> Verdict {
    let (text, digest) = match text.split_once('@') {
        Some((text, digest)) => (text, Some(digest)),
        None => (text, None),
    };
    if let Some(digest) = digest {
        let hex = digest.strip_prefix("sha256:").ok_or("its digest does not begin with `sha256:`")?;
        if hex.len() != 64 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err("its digest is not 64 lower-case hexadecimal digits".to_owned());
        }
    }
    let last_slash = text.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, last) = text.split_at(last_slash);
    let (last, tag) = match last.split_once(':') {
        Some((last, tag)) => (last, Some(tag)),
        None => (last, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return Err("its tag is not of letters, digits, `_`, `.`, `-`".to_owned());
    }
    let mut parts: Vec<&str> = folder.split_terminator('/').chain([last]).collect();
    if parts.len() > 1 && parts.first().is_some_and(|host| is_host(host)) {
        parts.remove(0);
    }
    match parts.into_iter().find(|part| !is_name(part)) {
        Some("") => Err("a part of its name is empty".to_owned()),
        Some(part) => {
            Err(format!("`{part}` is not of lower-case letters and digits, joined by `.`, `_` or `-`"))
        }
        None => Ok(()),
    }
}

fn is_tag(tag: &str) -> bool {
    let first = tag.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    first && tag.len() <= 128 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// What tells a registry from the first part of a name: a point, a port, or `localhost`.
fn is_host(part: &str) -> bool {
    let (name, port) = part.split_once(':').map_or((part, None), |(name, port)| (name, Some(port)));
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    named && port_fits && (port.is_some() || name.contains('.') || name == "localhost")
}

fn is_name(part: &str) -> bool {
    let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let inner = part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    ends(part.bytes().next()) && ends(part.bytes().last()) && inner
}

/// `scheme://…` without white space.
pub(super) fn url(text: &str) -> Verdict {
    let (scheme, rest) = text.split_once("://").ok_or("it has no `://`")?;
    let scheme_fits = scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b));
    if !scheme_fits {
        return Err("what stands before `://` is not the name of a scheme".to_owned());
    }
    if rest.is_empty() || rest.starts_with('/') && scheme != "file" {
        return Err("it names no host".to_owned());
    }
    printable(text)
}

/// A branch, tag, commit, or what git calls a revision. One that begins with `-` would be read as an option.
pub(super) fn git_ref(text: &str) -> Verdict {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.starts_with('-') {
        return Err("it begins with `-`".to_owned());
    }
    printable(text)
}

fn printable(text: &str) -> Verdict {
    match text.chars().find(|c| c.is_whitespace() || c.is_control()) {
        Some(c) => Err(format!("it holds `{}`", c.escape_debug())),
        None => Ok(()),
    }
}

/// Numbers with points, then perhaps `-` and `+` parts, as Semantic Versioning writes them; `v` may stand before it.
pub(super) fn version(text: &str) -> Verdict {
    let bare = text.strip_prefix('v').unwrap_or(text);
    let (bare, build) = bare.split_once('+').map_or((bare, None), |(bare, build)| (bare, Some(build)));
    let (core, pre) = bare.split_once('-').map_or((bare, None), |(core, pre)| (core, Some(pre)));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !core.split('.').all(number) {
        return Err("it does not begin with numbers and points, as in 1.21".to_owned());
    }
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match [pre, build].into_iter().flatten().find(|tail| !tail.split('.').all(word)) {
        Some(tail) => Err(format!("`{tail}` is not of letters, digits, `-` and points")),
        None => Ok(()),
    }
}
