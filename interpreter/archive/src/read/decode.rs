//! Compression of archives, by what they begin with: media types and names are often wrong.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;

use ::bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::limits::absurd;

/// Largest window of zstd, as its own tools take without being asked: 128 MiB of memory.
const WINDOW_LOG: u32 = 27;

/// KiB of memory that xz may take: its strongest preset needs 65 MiB.
const XZ_MEMORY: u32 = 256 << 10;

/// Bytes that tell forms apart.
const BEGINNING: usize = 6;

enum Form {
    Plain,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

fn form(beginning: &[u8]) -> Form {
    match beginning {
        [0x1f, 0x8b, ..] => Form::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Form::Zstd,
        // A frame of zstd that holds no data may stand first.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Form::Zstd,
        b"\xfd7zXZ\0" => Form::Xz,
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Form::Bzip2,
        _ => Form::Plain,
    }
}

/// The first bytes of a file, by which its form is known.
pub(crate) fn beginning(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; BEGINNING];
    let mut have = 0;
    while have < bytes.len() {
        match file.read_at(bytes.get_mut(have..).unwrap_or_default(), have as u64)? {
            0 => break,
            count => have += count,
        }
    }
    bytes.truncate(have);
    Ok(bytes)
}

/// Whether [`decode`] would change anything.
pub(crate) fn is_compressed(file: &File) -> io::Result<bool> {
    Ok(!matches!(form(&beginning(file)?), Form::Plain))
}

/// A stream without its compression: gzip, zstd, xz, bzip2, or none.
pub(crate) fn decode<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = Vec::with_capacity(BEGINNING);
    (&mut input).take(BEGINNING as u64).read_to_end(&mut start)?;
    let form = form(&start);
    let whole = BufReader::with_capacity(64 << 10, io::Cursor::new(start).chain(input));
    Ok(match form {
        Form::Plain => Box::new(whole),
        Form::Gzip => Box::new(MultiGzDecoder::new(whole)),
        Form::Zstd => zstd(whole)?,
        Form::Xz => xz(whole),
        Form::Bzip2 => bzip2(whole),
    })
}

pub(crate) fn zstd<'a>(input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(Box::new(Damaged { inner: decoder, form: "zstd" }))
}

pub(crate) fn xz<'a>(input: impl Read + 'a) -> Box<dyn Read + 'a> {
    Box::new(Damaged { inner: XzReader::new_mem_limit(input, true, XZ_MEMORY), form: "xz" })
}

pub(crate) fn bzip2<'a>(input: impl BufRead + 'a) -> Box<dyn Read + 'a> {
    Box::new(Damaged { inner: MultiBzDecoder::new(input), form: "bzip2" })
}

/// A decoder that tells damage in words of its own.
struct Damaged<R> {
    inner: R,
    form: &'static str,
}

impl<R: Read> Read for Damaged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Other | io::ErrorKind::OutOfMemory => {
                absurd(format!("it is damaged where {} compressed it: {error}", self.form))
            }
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    /// The text of the test below, as `xz -0` compresses it.
    const XZ: &[u8] = b"fd377a585a000004e6d6b446020021010c0000008f98419ce003e700165d00399bc9f2e750b8c5e25cb595e83cb71608464a3f0d\
        000000008ec671dd4247e325000132e807000000dcc6940fb1c467fb020000000004595a";

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
        let mut bzip2 = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
        bzip2.write_all(&text).unwrap();
        let bzip2 = bzip2.finish().unwrap();
        assert_eq!(decoded(&bzip2).unwrap(), text);
        assert_eq!(decoded(&bzip2.repeat(2)).unwrap(), text.repeat(2));
        let xz = XZ
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
        let xz: Vec<u8> = xz.collect();
        assert_eq!(decoded(&xz).unwrap(), text);
        assert_eq!(decoded(&xz.repeat(2)).unwrap(), text.repeat(2));
        for cut in [&gzip, &zstd, &bzip2, &xz] {
            assert!(decoded(cut.get(..cut.len() / 2).unwrap()).is_err());
        }
        assert_eq!(decoded(&text).unwrap(), text);
        assert_eq!(decoded(b"").unwrap(), b"");
        assert!(decoded(b"\xfd7zXZ\0 and so on").is_err());
        assert!(decoded(gzip.get(..gzip.len() - 9).unwrap()).is_err());
    }
}
