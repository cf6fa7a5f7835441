//! Messages as they are on the wire: `Content-Length: N`, an empty line, N bytes.

use std::io::{BufRead, Read, Write};

/// The longest message that is taken, in bytes. A text of four mebibytes, escaped, fits.
const MAX_MESSAGE: u64 = 64 << 20;
/// The longest line of a header, in bytes.
const MAX_HEADER: u64 = 4 << 10;

/// What stands on the wire.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The bytes of a message.
    Message(Vec<u8>),
    /// Something that is no message; what follows may be one.
    Malformed(&'static str),
}

/// The next frame; `None` at the end of the input. Nothing is kept in memory that has not arrived.
///
/// # Errors
/// When the input cannot be read.
pub(super) fn read(input: &mut impl BufRead) -> std::io::Result<Option<Frame>> {
    let mut length = None;
    let mut begun = false;
    loop {
        let mut line = Vec::new();
        if input.take(MAX_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            // Empty lines between messages are passed over.
            if begun {
                break;
            }
            continue;
        }
        begun = true;
        let line = String::from_utf8_lossy(line);
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<u64>().ok();
        }
    }
    let Some(length) = length else { return Ok(Some(Frame::Malformed("no Content-Length"))) };
    if length > MAX_MESSAGE {
        std::io::copy(&mut input.take(length), &mut std::io::sink())?;
        return Ok(Some(Frame::Malformed("the message is too long")));
    }
    let mut body = Vec::new();
    if (input.take(length).read_to_end(&mut body)? as u64) < length {
        return Ok(None);
    }
    Ok(Some(Frame::Message(body)))
}

/// Writes a message.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(output: &mut impl Write, body: &[u8]) -> std::io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n", body.len())?;
    output.write_all(body)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn all(mut bytes: &[u8]) -> Vec<Frame> {
        std::iter::from_fn(|| read(&mut bytes).unwrap()).collect()
    }

    #[test]
    fn messages_behind_rubbish_are_found() {
        let wire = b"rubbish\r\n\r\nContent-Length: 2\r\nContent-Type: x\r\n\r\n{}content-length:3\n\nabc";
        let found = all(wire);
        assert_eq!(
            found,
            [
                Frame::Malformed("no Content-Length"),
                Frame::Message(b"{}".to_vec()),
                Frame::Message(b"abc".to_vec())
            ]
        );
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        assert_eq!(all(b"Content-Length: 60000000\r\n\r\nshort"), []);
        assert_eq!(
            all(b"Content-Length: 18446744073709551615\r\n\r\nshort"),
            [Frame::Malformed("the message is too long")]
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..5)) {
            let mut wire = Vec::new();
            for body in &bodies {
                write(&mut wire, body).unwrap();
            }
            let wanted: Vec<Frame> = bodies.into_iter().map(Frame::Message).collect();
            prop_assert_eq!(all(&wire), wanted);
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            all(&bytes);
        }
    }
}
