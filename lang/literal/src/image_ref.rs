//! `[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]`, the reference grammar of the OCI distribution specification and Docker.

use std::ops::Range;

use super::{HOLE, LiteralError, first_refused, parts, shown};

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    if text.is_empty() {
        return Err(wrong(0..0, "it is empty"));
    }
    if let Some((range, c)) = first_refused(text, |c| c.is_ascii_alphanumeric() || "._-/:@+".contains(c)) {
        return Err(wrong(range, format!("{} cannot stand in one", shown(c))));
    }
    if let Some(scheme) =
        ["https://", "http://", "docker://"].iter().find(|scheme| text.starts_with(**scheme))
    {
        return Err(wrong(0..scheme.len(), "it begins with its host, without a scheme").replace(""));
    }
    let (named, digest) = match text.split_once('@') {
        Some((named, digest)) => (named, Some((named.len() + 1, digest))),
        None => (text, None),
    };
    if let Some((at, digest)) = digest {
        check_digest(at, digest)?;
    }
    let repository_start = named.rfind('/').map_or(0, |slash| slash + 1);
    let (repository, tag) = match named.get(repository_start..).and_then(|last| last.find(':')) {
        Some(colon) => {
            let at = repository_start + colon;
            (named.get(..at).unwrap_or_default(), named.get(at + 1..).map(|tag| (at + 1, tag)))
        }
        None => (named, None),
    };
    check_repository(repository)?;
    tag.map_or(Ok(()), |(at, tag)| check_tag(at, tag))
}

fn wrong(range: Range<usize>, reason: impl AsRef<str>) -> LiteralError {
    LiteralError::not("an image reference", range, reason.as_ref())
}

fn check_repository(repository: &str) -> Result<(), LiteralError> {
    let all = parts(repository, '/');
    let host = all.first().filter(|(_, first)| all.len() > 1 && is_host(first));
    host.map_or(Ok(()), |(range, host)| check_host(range, host))?;
    let host = host.is_some();
    for (range, part) in all.into_iter().skip(usize::from(host)) {
        check_component(range, part)?;
    }
    Ok(())
}

/// Only a host has a point or a port; without them it is `localhost`, else the first part belongs to the repository.
fn is_host(part: &str) -> bool {
    part == "localhost" || part.contains(['.', ':', HOLE])
}

fn check_host(range: &Range<usize>, host: &str) -> Result<(), LiteralError> {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    if let Some((inner, c)) = first_refused(name, |c| c.is_ascii_alphanumeric() || ".-".contains(c)) {
        let at = range.start + inner.start..range.start + inner.end;
        return Err(wrong(at, format!("{} is not allowed in the name of a registry", shown(c))));
    }
    if name.is_empty() {
        return Err(wrong(range.clone(), "the registry has no name"));
    }
    match port.filter(|port| !port.contains(HOLE)) {
        Some(port) if !port.bytes().all(|b| b.is_ascii_digit()) || port.parse::<u16>().is_err() => {
            let at = range.start + name.len() + 1..range.end;
            let at = if at.is_empty() { at.start - 1..at.end } else { at };
            Err(wrong(at, "the port of a registry is a number up to 65535"))
        }
        _ => Ok(()),
    }
}

fn check_component(range: Range<usize>, part: &str) -> Result<(), LiteralError> {
    if part.is_empty() {
        let range = range.start.saturating_sub(1)..range.end + usize::from(range.start == 0);
        return Err(wrong(range, "a part between two `/` is empty"));
    }
    if part.contains(|c: char| c.is_ascii_uppercase()) {
        let reason = "upper-case letters are not allowed in a repository name";
        return Err(wrong(range, reason)
            .replace(part.replace(HOLE, "").to_ascii_lowercase())
            .without_holes(part));
    }
    if let Some((inner, c)) = first_refused(part, |c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        let at = range.start + inner.start..range.start + inner.end;
        return Err(wrong(at, format!("{} is not allowed in a repository name", shown(c))));
    }
    if part.starts_with(['.', '_', '-']) || part.ends_with(['.', '_', '-']) {
        return Err(wrong(range, "a part of a repository name begins and ends with a letter or a digit"));
    }
    Ok(())
}

fn check_tag(at: usize, tag: &str) -> Result<(), LiteralError> {
    let range = at..at + tag.len();
    if tag.is_empty() {
        return Err(wrong(at - 1..at, "no tag follows the `:`"));
    }
    if tag.len() > 128 {
        return Err(wrong(range, "a tag has at most 128 characters"));
    }
    if tag.starts_with(['.', '-']) {
        return Err(wrong(range, "a tag begins with a letter, a digit or `_`"));
    }
    match first_refused(tag, |c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        Some((inner, c)) => {
            let inner = at + inner.start..at + inner.end;
            Err(wrong(inner, format!("{} is not allowed in a tag", shown(c))))
        }
        None => Ok(()),
    }
}

fn check_digest(at: usize, digest: &str) -> Result<(), LiteralError> {
    let range = at..at + digest.len();
    if let Some(hole) = digest.find(HOLE) {
        // What stands before the first hole is the start of one.
        let (start, algorithm) = (digest.get(..hole).unwrap_or_default(), "sha256:");
        let fits = algorithm.starts_with(start) || start.starts_with(algorithm);
        let start = at..at + hole;
        return if fits {
            Ok(())
        } else {
            Err(wrong(start, "a digest is `sha256:` and 64 hexadecimal digits"))
        };
    }
    match digest.strip_prefix("sha256:") {
        Some(hex)
            if hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()) =>
        {
            Ok(())
        }
        _ => Err(wrong(range, "a digest is `sha256:` and 64 hexadecimal digits")),
    }
}

impl LiteralError {
    /// A replacement would lose the holes of the text it stands for.
    fn without_holes(mut self, part: &str) -> LiteralError {
        if part.contains(HOLE) {
            self.replacement = None;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_shape() {
        for good in [
            "busybox",
            "alpine:3.20",
            "library/alpine",
            "golangci/golangci-lint:v1.55",
            "gcr.io/distroless/static:nonroot",
            "127.0.0.1:5000/app",
            "localhost/app",
            "localhost:5000/a/b_c/d.e:T-1_x",
            "r.example.com/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "\0",
            "\0/myapp:\0",
            "golang:\0",
            "ghcr.io/acme/hello:\0-\0",
            "app@\0",
        ] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
    }

    #[test]
    fn errors_lie_inside() {
        for (bad, at, reason) in [
            ("", "", "it is empty"),
            ("ghcr.io/Acme/app:1", "Acme", "upper-case"),
            ("Acme/app", "Acme", "upper-case"),
            ("\0/Acme:1", "Acme", "upper-case"),
            ("App", "App", "upper-case"),
            ("a b", " ", "a space"),
            ("a:b:c", ":", "not allowed in a tag"),
            ("a//b", "/", "empty"),
            ("/a", "/", "empty"),
            ("a/", "/", "empty"),
            ("app:", ":", "no tag"),
            ("app:-x", "-x", "a tag begins"),
            ("-app", "-app", "begins and ends"),
            ("app@sha256:12", "sha256:12", "digest"),
            ("app+x", "+", "not allowed in a repository"),
            ("a_b.c/x", "_", "not allowed in the name of a registry"),
            ("a.b:99999/x", "99999", "port"),
            ("a.b:/x", ":", "port"),
            (":5000/x", ":5000", "no name"),
        ] {
            let error = check(bad).expect_err(bad);
            assert_eq!(&bad[error.range.clone()], at, "{bad:?}: {error:?}");
            assert!(error.reason.contains(reason), "{bad:?}: {error:?}");
        }
    }

    #[test]
    fn lower_case_is_offered() {
        assert_eq!(check("ghcr.io/Acme/app").expect_err("bad").replacement.as_deref(), Some("acme"));
        assert_eq!(check("ghcr.io/A\0/app").expect_err("bad").replacement, None);
    }
}
