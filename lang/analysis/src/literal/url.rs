//! Absolute addresses: `https://…`, `http://…`, `ssh://…`.

use super::{HOLE, LiteralError, first_refused, shown};

const SCHEMES: &[&str] = &["https", "http", "ssh"];

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    if let Some((range, c)) = first_refused(text, |c| !c.is_control() && c != ' ') {
        return Err(LiteralError::new(range, format!("{} cannot stand in a URL", shown(c))));
    }
    if text.starts_with(HOLE) {
        return Ok(());
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let error = LiteralError::new(0..text.len(), "not a URL: it does not begin with `https://`");
        return Err(match text.split_once('@').and_then(|(_, host)| host.split_once(':')) {
            Some((host, path)) => error.help(format!("write `ssh://git@{host}/{path}`")),
            None => error,
        });
    };
    if !SCHEMES.contains(&scheme) && !scheme.contains(HOLE) {
        let error = LiteralError::new(0..scheme.len(), format!("a URL with `{scheme}:` is not supported"));
        return Err(error.help("use https, http or ssh"));
    }
    if rest.contains(HOLE) {
        return Ok(());
    }
    url::Url::parse(text)
        .map(|_| ())
        .map_err(|error| LiteralError::new(0..text.len(), format!("not a URL: {error}")))
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
