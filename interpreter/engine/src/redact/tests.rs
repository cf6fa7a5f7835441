#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn streamed(redactor: &Redactor, pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut stream = redactor.stream();
    for piece in pieces {
        stream.push(piece, &mut |bytes| out.extend_from_slice(bytes));
    }
    stream.finish(&mut |bytes| out.extend_from_slice(bytes));
    out
}

/// Cuts `bytes` at the given places, taken modulo the length.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut from = 0;
    for place in places {
        pieces.push(&bytes[from..place]);
        from = place;
    }
    pieces.push(&bytes[from..]);
    pieces
}

#[test]
fn masks_each_form() {
    let redactor = Redactor::new(&["pa\"ss wörd/1"]).unwrap();
    for form in forms::of("pa\"ss wörd/1".as_bytes()).unwrap() {
        let text = [b"<", form.as_slice(), b">"].concat();
        assert_eq!(streamed(&redactor, &[&text]), b"<***>", "{}", String::from_utf8_lossy(&form));
    }
}

#[test]
fn masks_base64_inside_other_text() {
    let redactor = Redactor::new(&["hunter2-hunter2"]).unwrap();
    // `printf user:hunter2-hunter2 | base64`; the last digit holds bits of what follows, too.
    assert_eq!(redactor.text("Basic dXNlcjpodW50ZXIyLWh1bnRlcjI= end"), "Basic dXNlcjp***I= end");
}

#[test]
fn overlapping_secrets_leave_no_rest() {
    let redactor = Redactor::new(&["abcdefgh", "efghijkl"]).unwrap();
    assert_eq!(redactor.text("xabcdefghijkly"), "x***y");
    assert_eq!(redactor.text("abcdefghabcdefgh"), "***");
}

#[test]
fn what_cannot_be_a_secret_passes_at_once() {
    let redactor = Redactor::new(&["hunter2"]).unwrap();
    let mut stream = redactor.stream();
    let mut seen = Vec::new();
    stream.push(b"progress: hun", &mut |bytes| seen.extend_from_slice(bytes));
    assert_eq!(seen, b"progress: ");
    stream.push(b"dred%", &mut |bytes| seen.extend_from_slice(bytes));
    assert_eq!(seen, b"progress: hundred%");
}

#[test]
fn a_secret_that_becomes_known_is_masked_in_streams_that_have_begun() {
    let redactor = Redactor::new(&["hunter2"]).unwrap();
    let (mut stream, mut seen) = (redactor.stream(), Vec::new());
    stream.push(b"a hunt", &mut |bytes| seen.extend_from_slice(bytes));
    redactor.clone().add(b"hunting-season").unwrap();
    stream.push(b"ing-season, hunter2", &mut |bytes| seen.extend_from_slice(bytes));
    stream.finish(&mut |bytes| seen.extend_from_slice(bytes));
    assert_eq!(seen, b"a ***, ***");
}

#[test]
fn short_secrets_are_refused() {
    assert_eq!(Redactor::new(&["abc"]).unwrap_err(), RedactError::TooShort { index: 0, len: 3 });
    assert!(Redactor::new::<&str>(&[]).is_ok());
}

proptest! {
    /// However the stream is cut, the same comes out, and no form of a secret is in it.
    #[test]
    fn cutting_the_stream_changes_nothing(
        secrets in prop::collection::vec("[ab]{6,9}", 1..4),
        text in "[ab]{0,60}",
        which in 0usize..4,
        places in prop::collection::vec(0usize..200, 0..12),
    ) {
        let redactor = Redactor::new(&secrets).unwrap();
        let secret = &secrets[which % secrets.len()];
        let text = format!("{text}{secret}.{text}{secret}");
        let whole = streamed(&redactor, &[text.as_bytes()]);
        prop_assert_eq!(&streamed(&redactor, &cut(text.as_bytes(), &places)), &whole);
        let whole = String::from_utf8(whole).unwrap();
        for secret in &secrets {
            prop_assert!(!whole.contains(secret.as_str()), "{} in {}", secret, whole);
        }
    }

    /// Exactly the bytes that some secret covers are gone: what is left is the rest of the text.
    #[test]
    fn masks_what_a_secret_covers_and_nothing_else(
        secret in "[a-c]{6,7}",
        text in "[a-c]{0,80}",
        places in prop::collection::vec(0usize..200, 0..6),
    ) {
        let redactor = Redactor::new(&[&secret]).unwrap();
        let mut covered = vec![false; text.len()];
        for at in 0..text.len() {
            if text[at..].starts_with(&secret) {
                covered[at..at + secret.len()].fill(true);
            }
        }
        let mut expected = String::new();
        for (at, c) in text.char_indices() {
            if !covered[at] {
                expected.push(c);
            } else if at == 0 || !covered[at - 1] {
                expected.push_str("***");
            }
        }
        let out = streamed(&redactor, &cut(text.as_bytes(), &places));
        prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    /// Any secret, any form, any cut.
    #[test]
    fn every_form_is_masked(
        secret in prop::collection::vec(any::<u8>(), 6..40),
        places in prop::collection::vec(0usize..200, 0..8),
    ) {
        let Ok(redactor) = Redactor::new(&[&secret]) else { return Ok(()) };
        for form in forms::of(&secret).unwrap() {
            let out = streamed(&redactor, &cut(&form, &places));
            prop_assert_eq!(out, b"***".to_vec());
        }
    }

    /// Without secrets nothing changes and nothing waits.
    #[test]
    fn no_secrets_no_change(text in prop::collection::vec(any::<u8>(), 0..200), places in prop::collection::vec(0usize..200, 0..8)) {
        prop_assert_eq!(streamed(&Redactor::none(), &cut(&text, &places)), text);
    }
}
