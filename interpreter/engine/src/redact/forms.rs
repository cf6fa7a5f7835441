//! The forms in which a secret can turn up in what a step prints.

/// Bytes below which a form is not searched for: it would mask ordinary text and betray the secret by what it masks.
pub const MIN_SECRET: usize = 6;

/// All byte strings that stand for `secret`: itself, base64 at each alignment and in both alphabets, hexadecimal in both cases,
/// percent-encoded, as the inside of a JSON string; and the lines of one that has several, plain and as `base64` breaks them, for
/// they may be printed with something between. `None` when it has fewer than [`MIN_SECRET`] bytes.
///
/// A line end at the end of the secret is left out first: a secret read from a file usually has one, and what a program prints
/// usually does not.
pub(super) fn of(secret: &[u8]) -> Option<Vec<Vec<u8>>> {
    let secret = trim_line_end(secret);
    let mut forms = whole(secret)?;
    forms.extend(lines(secret));
    Some(forms)
}

/// As [`of`], but of lines only those that can hardly be part of anything else: key material, and not the frame around it.
pub(super) fn telling(secret: &[u8]) -> Vec<Vec<u8>> {
    let secret = trim_line_end(secret);
    let Some(mut forms) = whole(secret) else { return Vec::new() };
    let is_telling = |line: &Vec<u8>| {
        line.len() >= MIN_TELLING
            && line.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte))
    };
    forms.extend(lines(secret).into_iter().filter(is_telling));
    forms
}

fn whole(secret: &[u8]) -> Option<Vec<Vec<u8>>> {
    if secret.len() < MIN_SECRET {
        return None;
    }
    let mut forms = vec![secret.to_vec(), hex(secret, b"0123456789abcdef"), hex(secret, b"0123456789ABCDEF")];
    for alignment in 0..3 {
        forms.push(base64(secret, alignment, STANDARD));
        forms.push(base64(secret, alignment, URL_SAFE));
    }
    for space in [&b"%20"[..], b"+"] {
        forms.push(percent(secret, space, b"0123456789ABCDEF"));
        forms.push(percent(secret, space, b"0123456789abcdef"));
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        for slash in [false, true] {
            for ascii in [false, true] {
                forms.push(json(text, slash, ascii).into_bytes());
            }
        }
    }
    Some(forms)
}

/// The secret as far as it counts: without line ends at its end.
fn trim_line_end(secret: &[u8]) -> &[u8] {
    let end = secret.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    secret.get(..end).unwrap_or_default()
}

/// Bytes below which a line of a secret is not searched for alone: it is likely to be ordinary text (`}`, `version: 1`).
const MIN_LINE: usize = 16;

/// Bytes of a line that tells a secret by itself.
const MIN_TELLING: usize = 32;

/// Digits in a line of base64: as RFC 7468 (PEM) breaks it, and RFC 2045 (MIME) with the program `base64`.
const BASE64_LINES: [usize; 2] = [64, 76];

fn lines(secret: &[u8]) -> Vec<Vec<u8>> {
    let encoded = base64(secret, 0, STANDARD);
    let broken = BASE64_LINES.into_iter().flat_map(|width| encoded.chunks(width).map(<[u8]>::to_vec));
    let own = secret.split(|byte| matches!(byte, b'\n' | b'\r')).map(|line| line.trim_ascii().to_vec());
    own.chain(broken).filter(|line| line.len() >= MIN_LINE).collect()
}

fn hex(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]).collect()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64 digits (RFC 4648) that `bytes` alone decides when `alignment` bytes of something else stand before them in their
/// group of three: the digits that a neighbour's bits reach into are left out at both ends.
fn base64(bytes: &[u8], alignment: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let bit = |at: usize| -> usize {
        let byte = at
            .checked_div(8)
            .and_then(|index| index.checked_sub(alignment))
            .and_then(|index| bytes.get(index));
        byte.map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1))
    };
    let first = (alignment * 8).div_ceil(6);
    let end = (alignment + bytes.len()) * 8 / 6;
    (first..end).map(|digit| alphabet[(0..6).fold(0, |value, n| value << 1 | bit(digit * 6 + n))]).collect()
}

/// Percent-encoded (RFC 3986): unreserved characters stay.
fn percent(bytes: &[u8], space: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte),
            b' ' => out.extend_from_slice(space),
            _ => {
                out.push(b'%');
                out.extend_from_slice(&hex(&[byte], digits));
            }
        }
    }
    out
}

/// The inside of a JSON string (RFC 8259), with or without `\/`, and with all beyond ASCII escaped or not.
fn json(text: &str, slash: bool, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '/' if slash => out.push_str("\\/"),
            c if c < ' ' || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn base64_at_each_alignment_is_part_of_the_whole_encoding() {
        // `printf 'hunter2-hunter2' | base64` and the same with one and two bytes in front.
        assert_eq!(base64(b"hunter2-hunter2", 0, STANDARD), b"aHVudGVyMi1odW50ZXIy");
        let whole = base64(b"xhunter2-hunter2", 0, STANDARD);
        assert!(whole.windows(18).any(|part| part == &base64(b"hunter2-hunter2", 1, STANDARD)[..18]));
        let whole = base64(b"xyhunter2-hunter2", 0, STANDARD);
        assert!(whole.windows(18).any(|part| part == &base64(b"hunter2-hunter2", 2, STANDARD)[..18]));
        assert_eq!(base64(&[0xfb, 0xff], 0, URL_SAFE), b"-_");
    }

    #[test]
    fn escapes() {
        assert_eq!(percent(b"a b/\xff", b"%20", b"0123456789ABCDEF"), b"a%20b%2F%FF");
        assert_eq!(json("a\"\\/\n\u{1}é😀", true, true), "a\\\"\\\\\\/\\n\\u0001\\u00e9\\ud83d\\ude00");
        assert_eq!(hex(&[0x0a, 0xff], b"0123456789abcdef"), b"0aff");
    }

    #[test]
    fn long_secrets_are_known_by_their_lines() {
        let secret = b"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n}\n-----END KEY-----\n";
        let forms = of(secret).unwrap();
        assert!(forms.contains(&b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".to_vec()));
        assert!(!forms.contains(&b"}".to_vec()));
        // The first line of what the program `base64` prints for it.
        let first = b"LS0tLS1CRUdJTiBLRVktLS0tLQpNSUlFdlFJQkFEQU5CZ2txaGtpRzl3MEJBUUVGQUFTQwp9Ci0t";
        assert!(forms.contains(&first.to_vec()));
    }

    #[test]
    fn a_line_end_is_no_part_of_a_secret() {
        assert!(of(b"hunter2\r\n").unwrap().contains(&b"hunter2".to_vec()));
        assert!(of(b"\n\n").is_none() && of(b"short\n\n").is_none());
    }
}
