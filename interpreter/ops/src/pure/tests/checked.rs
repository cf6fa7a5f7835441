use super::super::check_text;
use super::*;

#[test]
fn what_has_the_form_of_its_type() {
    let digest = format!("alpine@sha256:{}", "0".repeat(64));
    let rows: [(&str, &[&str]); 11] = [
        ("Path", &["a", "/a/../b", "with space"]),
        ("Glob", &["**/*.rs", "{a,b}/[!c]*", "a\\[b"]),
        ("EnvName", &["A", "_x9"]),
        ("Port", &["1", "65535"]),
        ("Percent", &["0", "100"]),
        ("Mode", &["755", "0644", "4755"]),
        ("Platform", &["linux/amd64", "linux/arm/v7"]),
        ("Version", &["1", "1.21", "v1.2.3-rc.1+build.5"]),
        ("ImageRef", &["alpine", "golang:1.23", "ghcr.io/a/b-c:v1", "localhost:5000/x", &digest, "a__b/c.d"]),
        ("Url", &["https://example.com/x?y#z", "ssh://git@host/x", "file:///x"]),
        ("GitRef", &["main", "HEAD~1", "feature/x", "v1.0^{}"]),
    ];
    for (kind, fine) in rows {
        for text in fine {
            assert_eq!(check_text(kind, text), Ok(()), "{kind} {text}");
        }
    }
}

#[test]
fn what_has_not_and_why() {
    let rows: [(&str, &str, &str); 26] = [
        ("Path", "", "it is empty"),
        ("Path", "a\0", "it has a NUL character"),
        ("Glob", "[a", "a `[` is not closed"),
        ("Glob", "{a", "a `{` is not closed"),
        ("Glob", "a}", "a `}` closes nothing"),
        ("Glob", "a\\", "nothing follows the last `\\`"),
        ("EnvName", "", "it is empty"),
        ("EnvName", "9A", "it begins with a digit"),
        ("EnvName", "A=B", "`=` is not a letter, digit or `_`"),
        ("Port", "0", "it is not a whole number from 1 to 65535"),
        ("Port", "65536", "it is not a whole number from 1 to 65535"),
        ("Percent", "101", "it is not a whole number from 0 to 100"),
        ("Mode", "888", "it is not three or four octal digits, as in 0755"),
        ("Mode", "rwx", "it is not three or four octal digits, as in 0755"),
        ("Platform", "linux", "it is not of the form `os/arch`, as in linux/amd64"),
        ("Version", "latest", "it does not begin with numbers and points, as in 1.21"),
        ("Version", "1.", "it does not begin with numbers and points, as in 1.21"),
        ("Version", "1.0-", "`` is not of letters, digits, `-` and points"),
        ("ImageRef", "Alpine", "`Alpine` is not of lower-case letters and digits, joined by `.`, `_` or `-`"),
        ("ImageRef", "alpine:", "its tag is not of letters, digits, `_`, `.`, `-`"),
        ("ImageRef", "a//b", "a part of its name is empty"),
        ("ImageRef", "a@sha256:12", "its digest is not 64 lower-case hexadecimal digits"),
        ("Url", "example.com", "it has no `://`"),
        ("Url", "https://", "it names no host"),
        ("GitRef", "--upload-pack=x", "it begins with `-`"),
        ("GitRef", "a b", "it holds ` `"),
    ];
    for (kind, text, reason) in rows {
        let message = check_text(kind, text).unwrap_err().to_string();
        assert!(message.ends_with(&format!(": {reason}")), "{kind} {text:?}: {message}");
    }
    assert!(check_text("Regex", "(").is_err());
    assert!(check_text("Shoe", "x").is_err());
}

#[test]
fn the_check_gives_the_text_or_fails() {
    check([("check", vec![text("EnvName"), text("HOME")], text("HOME"))]);
    assert_eq!(
        error("check", &[text("EnvName"), text("9")]),
        "`9` is not an `EnvName`: it begins with a digit"
    );
}
