//! Absolute addresses: `https://…`, `http://…`, `ssh://…`.

use std::ops::Range;

use pipe_diagnostics::nearest;

use super::{HOLE, LiteralError, first_refused, shown};

const SCHEMES: &[&str] = &["https", "http", "ssh"];

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    if let Some((range, c)) = first_refused(text, |c| !c.is_control() && !c.is_whitespace()) {
        return Err(LiteralError::new(range, format!("{} cannot stand in a URL", shown(c))));
    }
    if text.starts_with(HOLE) {
        return Ok(());
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let error = LiteralError::not("a URL", 0..text.len(), "it does not begin with `https://`");
        return Err(match text.split_once('@').and_then(|(_, host)| host.split_once(':')) {
            Some((host, path)) => {
                let address = format!("ssh://git@{host}/{path}");
                error.help(format!("write `{address}`")).replace(address)
            }
            None => error,
        });
    };
    if !SCHEMES.contains(&scheme) && !scheme.contains(HOLE) {
        let error = LiteralError::new(0..scheme.len(), format!("a URL with `{scheme}:` is not supported"));
        let error = error.help("use https, http or ssh");
        return Err(match nearest(scheme, SCHEMES.iter().copied()) {
            Some(best) => error.replace(best),
            None => error,
        });
    }
    if rest.is_empty() || rest.starts_with('/') {
        return Err(LiteralError::not("a URL", 0..text.len() - rest.len(), "it names no host"));
    }
    if rest.contains(HOLE) {
        return Ok(());
    }
    url::Url::parse(text)
        .map(|_| ())
        .map_err(|error| LiteralError::not("a URL", culprit(text, error), error.to_string()))
}

/// Where the mistake is: the port, else the host. The library does not say.
fn culprit(text: &str, error: url::ParseError) -> Range<usize> {
    let start = text.find("://").map_or(0, |at| at + 3);
    let end =
        text.get(start..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(text.len(), |at| start + at);
    if start == end {
        return 0..text.len();
    }
    let authority = text.get(start..end).unwrap_or_default();
    let host = authority.rfind('@').map_or(start, |at| start + at + 1);
    match (error, authority.rfind(':')) {
        (url::ParseError::InvalidPort, Some(colon)) => start + colon + 1..end,
        (_, Some(colon)) if start + colon > host => host..start + colon,
        _ => host..end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["https://example.com/x", "ssh://git@host/x.git", "\0/file", "https://\0/x"] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        for (bad, at) in [
            ("https://a b", " "),
            ("file:///etc", "file"),
            ("git@host:x.git", "git@host:x.git"),
            ("https://", "https://"),
            ("", ""),
        ] {
            assert_eq!(&bad[check(bad).expect_err(bad).range], at, "{bad:?}");
        }
        assert_eq!(check("git@h:x/y").expect_err("bad").help.as_deref(), Some("write `ssh://git@h/x/y`"));
    }
}
