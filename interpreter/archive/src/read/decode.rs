//! Compression of layers, by what they begin with: media types are often wrong.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::limits::absurd;

/// Largest window of zstd, as its own tools take without being asked: 128 MiB of memory.
const WINDOW_LOG: u32 = 27;

/// A stream without its compression.
pub(crate) fn decode<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = [0; 6];
    let mut have = 0;
    while have < start.len() {
        match input.read(start.get_mut(have..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => have += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let start = start.get(..have).unwrap_or_default().to_vec();
    let known = |magic: &[u8]| start.starts_with(magic);
    let (gzip, zstd) = (known(b"\x1f\x8b"), known(b"\x28\xb5\x2f\xfd") || is_skippable(&start));
    if known(b"\xfd7zXZ\0") || known(b"BZh") {
        return Err(absurd("it is compressed with xz or bzip2, which images do not use".into()));
    }
    let whole = io::Cursor::new(start).chain(input);
    if gzip {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 << 10, whole))));
    }
    if zstd {
        let mut decoder = zstd::stream::read::Decoder::new(whole)?;
        decoder.window_log_max(WINDOW_LOG)?;
        return Ok(Box::new(decoder));
    }
    Ok(Box::new(whole))
}

/// A frame of zstd that holds no data may stand first.
fn is_skippable(start: &[u8]) -> bool {
    matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    fn decoded(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decode(bytes)?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn each_form_is_known_by_its_beginning() {
        let text = b"some text ".repeat(100);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&text).unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        assert_eq!(decoded(&gzip).unwrap(), text);
        assert_eq!(decoded(&[gzip.clone(), gzip.clone()].concat()).unwrap(), text.repeat(2));
        assert_eq!(decoded(&zstd).unwrap(), text);
        assert_eq!(decoded(&text).unwrap(), text);
        assert_eq!(decoded(b"").unwrap(), b"");
        assert!(decoded(b"\xfd7zXZ\0 and so on").is_err());
        assert!(decoded(gzip.get(..gzip.len() - 9).unwrap()).is_err());
    }
}
