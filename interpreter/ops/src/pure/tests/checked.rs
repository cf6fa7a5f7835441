use super::super::check_text;
use super::*;

/// The forms themselves are tested where they are: here, that it is they who are asked.
#[test]
fn what_has_the_form_of_its_type() {
    for (kind, fine) in [
        ("Path", "with space"),
        ("Glob", "{a,b}/[!c]*"),
        ("EnvName", "_x9"),
        ("Port", "65535"),
        ("Percent", "0"),
        ("Mode", "0644"),
        ("Platform", "linux/arm/v7"),
        ("Version", "1.2.3-rc.1+build.5"),
        ("ImageRef", "localhost:5000/x"),
        ("Url", "ssh://git@host/x"),
        ("GitRef", "v1.0^{}"),
        ("Regex", "a+"),
    ] {
        assert_eq!(check_text(kind, fine), Ok(()), "{kind} {fine}");
    }
}

#[test]
fn what_has_not_and_why() {
    for (kind, text, reason) in [
        ("Path", "a\0", "a `Path`: the character U+0000 cannot stand in it"),
        ("Path", "a\nb", "a `Path`: a line break cannot stand in a path"),
        ("Glob", "[a", "a `Glob`: unclosed character class; missing ']'"),
        ("EnvName", "9A", "an `EnvName`: the name of an environment variable does not begin with a digit"),
        ("Port", "http", "a `Port`: a port is a number from 1 to 65535"),
        ("Percent", "101", "a `Percent`: a percentage is a number from 0 to 100"),
        ("Mode", "rwx", "a `Mode`: a mode is three or four octal digits, like \"0755\""),
        ("Platform", "plan9/arm", "a `Platform`: unknown platform"),
        ("Version", "v1.2", "a `Version`: it begins with a digit, not with `v`"),
        ("ImageRef", "alpine:", "an `ImageRef`: no tag follows the `:`"),
        ("Url", "file:///x", "a `Url`: a URL with `file:` is not supported"),
        ("GitRef", "--upload-pack=x", "a `GitRef`: it begins with `-`"),
        ("Regex", "(", "a `Regex`: unclosed group"),
    ] {
        let message = check_text(kind, text).unwrap_err().to_string();
        assert!(message.ends_with(&format!("is not {reason}")), "{kind} {text:?}: {message}");
    }
    assert!(check_text("Shoe", "x").is_err());
}

#[test]
fn the_check_gives_the_text_or_fails() {
    check([("check", vec![text("EnvName"), text("HOME")], text("HOME"))]);
    assert_eq!(
        error("check", &[text("EnvName"), text("9")]),
        "`9` is not an `EnvName`: the name of an environment variable does not begin with a digit"
    );
}
