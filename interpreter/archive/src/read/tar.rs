//! Reading tar archives from strangers: POSIX.1-1988 ustar, GNU's long names, POSIX.1-2001 (pax) records.
//!
//! The `tar` crate reads the fields; the walk is our own, because that crate keeps whatever a header announces in memory, and
//! because an archive that two readers could understand differently is refused here.

use std::io::{self, Read};
use std::ops::Range;
use std::time::Duration;

use tar::{EntryType, Header};

use super::limits::absurd;
use super::{Entry, EntryKind};

const BLOCK: usize = 512;

/// Where numbers stand in a header.
const MODE: Range<usize> = 100..108;
const UID: Range<usize> = 108..116;
const GID: Range<usize> = 116..124;
const SIZE: Range<usize> = 124..136;

/// Bytes of a long name, and of the records of an entry.
const LONG_NAME_LIMIT: u64 = 8 << 10;
const RECORDS_LIMIT: u64 = 1 << 20;

/// Entries of an archive, one after the other. What an entry holds is read from the reader itself, which ends with it.
pub(crate) struct TarReader<R> {
    inner: R,
    /// Bytes of the entry that were not read yet, and those that fill its last block.
    left: u64,
    padding: u64,
    /// Bytes that were read of the archive.
    position: u64,
}

/// What entries before the real one say of it.
#[derive(Default)]
struct Records {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    modified: Option<Duration>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<R: Read> TarReader<R> {
    pub(crate) fn new(inner: R) -> TarReader<R> {
        TarReader { inner, left: 0, padding: 0, position: 0 }
    }

    /// How many bytes of the archive stand before what is read next.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes of the entry that were not read yet.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// What is behind the archive.
    pub(crate) fn into_inner(self) -> R {
        self.inner
    }

    /// The next entry; `None` at the archive's end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut records = Records::default();
        loop {
            self.skip()?;
            let Some(header) = self.header()? else {
                let dangling = records.path.is_some() || records.target.is_some();
                return if dangling { Err(absurd("it ends within an entry".into())) } else { Ok(None) };
            };
            let size = field(&header, SIZE, header.entry_size(), "size")?;
            match header.entry_type() {
                EntryType::GNULongName => {
                    let name = self.long(size, LONG_NAME_LIMIT)?;
                    records.path = Some(without_nul(name));
                }
                EntryType::GNULongLink => {
                    let name = self.long(size, LONG_NAME_LIMIT)?;
                    records.target = Some(without_nul(name));
                }
                EntryType::XHeader => {
                    let bytes = self.long(size, RECORDS_LIMIT)?;
                    records.read(&bytes)?;
                }
                // Comments, such as the commit that git archived.
                EntryType::XGlobalHeader => drop(self.long(size, RECORDS_LIMIT)?),
                kind => return self.entry(&header, kind, size, records).map(Some),
            }
        }
    }

    fn entry(&mut self, header: &Header, kind: EntryType, size: u64, records: Records) -> io::Result<Entry> {
        let kind = match kind {
            EntryType::Regular | EntryType::Continuous => EntryKind::File,
            EntryType::Directory => EntryKind::Dir,
            EntryType::Symlink => EntryKind::Symlink,
            EntryType::Link => EntryKind::HardLink,
            EntryType::Fifo => EntryKind::Fifo,
            EntryType::Char | EntryType::Block => EntryKind::Device,
            EntryType::GNUSparse => {
                return Err(absurd(
                    "it has a sparse file, which is not read here: pack it without `--sparse`".into(),
                ));
            }
            other => {
                let byte = char::from(other.as_byte());
                return Err(absurd(format!(
                    "it has an entry of the unknown kind `{}`",
                    byte.escape_default()
                )));
            }
        };
        let path = records.path.unwrap_or_else(|| header.path_bytes().into_owned());
        // As old archives say it.
        let folder = kind == EntryKind::File && path.last() == Some(&b'/');
        let kind = if folder { EntryKind::Dir } else { kind };
        // Only files have content, whatever size the header of another says: readers differ about that.
        let size = records.size.unwrap_or(size);
        if kind != EntryKind::File && size != 0 {
            return Err(absurd(format!("`{}` is no file and has content", path.escape_ascii())));
        }
        self.begin(size)?;
        let id = |record: Option<u64>, field: io::Result<u64>| -> io::Result<u32> {
            let id = record.map_or(field, Ok)?;
            u32::try_from(id).map_err(|_| absurd(format!("the id {id} is none")))
        };
        let link = header.link_name_bytes().map(|name| name.into_owned()).unwrap_or_default();
        Ok(Entry {
            kind,
            target: records.target.unwrap_or(link),
            mode: field(header, MODE, header.mode(), "mode")? & 0o7777,
            uid: id(records.uid, field(header, UID, header.uid(), "user id"))?,
            gid: id(records.gid, field(header, GID, header.gid(), "group id"))?,
            modified: records.modified.unwrap_or_else(|| Duration::from_secs(header.mtime().unwrap_or(0))),
            xattrs: records.xattrs,
            path,
        })
    }

    /// A header; `None` at the end: a block of zeros, or nothing more.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header::new_old();
        let mut have = 0;
        while have < BLOCK {
            let count = self.inner.read(header.as_mut_bytes().get_mut(have..).unwrap_or_default())?;
            if count == 0 {
                break;
            }
            have += count;
        }
        self.position += have as u64;
        if have == 0 || have == BLOCK && header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if have < BLOCK {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within a header"));
        }
        // The sum is that of all bytes, with blanks in its own place.
        let sum: u32 = (0..)
            .zip(header.as_bytes())
            .map(|(at, byte)| match at {
                148..156 => u32::from(b' '),
                _ => u32::from(*byte),
            })
            .sum();
        match header.cksum() {
            Ok(stated) if stated == sum => Ok(Some(header)),
            _ => Err(absurd(
                "it is not a tar archive, or is damaged: the checksum of a header is wrong".into(),
            )),
        }
    }

    fn begin(&mut self, size: u64) -> io::Result<()> {
        self.left = size;
        let padded = size.checked_next_multiple_of(BLOCK as u64);
        self.padding = padded.ok_or_else(|| absurd("an entry has an absurd size".into()))? - size;
        Ok(())
    }

    fn long(&mut self, size: u64, limit: u64) -> io::Result<Vec<u8>> {
        if size > limit {
            return Err(absurd(format!("the name or the attributes of an entry have {size} bytes")));
        }
        self.begin(size)?;
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn skip(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink())?;
        let padding = std::mem::take(&mut self.padding);
        let skipped = io::copy(&mut (&mut self.inner).take(padding), &mut io::sink())?;
        self.position += skipped;
        if skipped < padding {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within an entry"));
        }
        Ok(())
    }
}

/// The content of the entry that [`TarReader::next`] gave last.
impl<R: Read> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within an entry"));
        }
        self.left -= count as u64;
        self.position += count as u64;
        Ok(count)
    }
}

impl Records {
    fn read(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (record, behind) =
                pax_record(rest).ok_or_else(|| absurd("a pax record cannot be read".into()))?;
            rest = behind;
            let (key, value) = record;
            let number = || -> io::Result<u64> {
                let text = std::str::from_utf8(value).ok();
                let shown = value.escape_ascii();
                text.and_then(|text| text.parse().ok())
                    .ok_or_else(|| absurd(format!("`{shown}` is not a number")))
            };
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.target = Some(value.to_vec()),
                b"size" => self.size = Some(number()?),
                b"uid" => self.uid = Some(number()?),
                b"gid" => self.gid = Some(number()?),
                // Times before 1970 are of no use to anybody.
                b"mtime" => self.modified = Some(time(value).unwrap_or_default()),
                _ => {
                    if key.starts_with(b"GNU.sparse.") {
                        return Err(absurd(
                            "it has a sparse file, which is not read here: pack it without `--sparse`".into(),
                        ));
                    }
                    if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                        self.xattrs.push((name.to_vec(), value.to_vec()));
                    }
                }
            }
        }
        Ok(())
    }
}

/// A time: seconds since 1970, which may have a fraction. What is below a nanosecond is cut off.
fn time(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds =
        digits.map(|digit| char::from(digit).to_digit(10)).try_fold(0, |sum, digit| Some(sum * 10 + digit?));
    Some(Duration::new(seconds.parse().ok()?, nanoseconds?))
}

/// A record of a pax header: its key and its value.
type PaxRecord<'b> = (&'b [u8], &'b [u8]);

/// The first record, and what is behind it. A record says its own length, so a value may have line ends in it.
fn pax_record(bytes: &[u8]) -> Option<(PaxRecord<'_>, &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(bytes.get(..space)?).ok()?.parse().ok()?;
    let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some(((record.get(..equals)?, record.get(equals + 1..)?), bytes.get(length..)?))
}

/// A number; some tools leave it empty for 0.
fn field<T: Default>(
    header: &Header,
    place: Range<usize>,
    value: io::Result<T>,
    what: &str,
) -> io::Result<T> {
    let bytes = header.as_bytes().get(place).unwrap_or_default();
    if bytes.iter().all(|byte| matches!(byte, 0 | b' ')) {
        return Ok(T::default());
    }
    value.map_err(|_| absurd(format!("the {what} of an entry cannot be read")))
}

fn without_nul(mut name: Vec<u8>) -> Vec<u8> {
    if let Some(end) = name.iter().position(|byte| *byte == 0) {
        name.truncate(end);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fractions() {
        let of = |text: &str| time(text.as_bytes()).map(|time| (time.as_secs(), time.subsec_nanos()));
        assert_eq!(of("12"), Some((12, 0)));
        assert_eq!(of("12.5"), Some((12, 500_000_000)));
        assert_eq!(of("12.000000001999"), Some((12, 1)));
        assert_eq!(of("1."), Some((1, 0)));
        for none in ["", "-1", ".5", "1.x", "1.5.5", "99999999999999999999"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
