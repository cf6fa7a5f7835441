//! Finding what is in a folder, without reading its files.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat};

use crate::{IdMap, Meta, ScanError, ScannedNode, xattr};

/// Bytes that the path of anything in a layer may have: the kernel opens paths of 4096, and the layer's own takes a part.
const PATH_LIMIT: usize = 3800;

/// What is in a folder. Folders are numbered as they are found, parents first; the first one is the folder itself.
pub(super) struct Found {
    pub(super) dirs: Vec<FoundDir>,
    pub(super) files: Vec<FoundFile>,
    pub(super) sockets: Vec<Vec<u8>>,
}

pub(super) struct FoundDir {
    pub(super) meta: Meta,
    pub(super) modified: SystemTime,
    pub(super) opaque: bool,
    /// Sorted by the bytes of the names.
    pub(super) entries: Vec<(Vec<u8>, FoundNode)>,
}

pub(super) enum FoundNode {
    /// By number.
    Dir(usize),
    /// By number.
    File(usize),
    Done(ScannedNode),
}

pub(super) struct FoundFile {
    /// In the folder.
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) meta: Meta,
    pub(super) modified: SystemTime,
    /// Device and inode, when the file has more than one name.
    pub(super) inode: Option<(u64, u64)>,
    /// Bytes on the disk.
    pub(super) disk: u64,
}

/// Looks at everything in a folder. Nothing may write to it meanwhile.
pub(super) fn find(dir: &Path, ids: IdMap) -> Result<Found, ScanError> {
    let found = Found { dirs: Vec::new(), files: Vec::new(), sockets: Vec::new() };
    let mut scan = Scan { root: dir, ids, found, pending: Vec::new() };
    scan.add_dir(PathBuf::new())?;
    while let Some((index, path)) = scan.pending.pop() {
        scan.read_dir(index, &path)?;
    }
    Ok(scan.found)
}

/// A scan under way.
struct Scan<'a> {
    root: &'a Path,
    ids: IdMap,
    found: Found,
    pending: Vec<(usize, PathBuf)>,
}

impl Scan<'_> {
    fn add_dir(&mut self, path: PathBuf) -> Result<usize, ScanError> {
        let stat = self.stat(&path)?;
        let xattrs = self.xattrs(&path)?;
        let meta = self.meta(&path, &stat, xattrs.content)?;
        let modified = modified(&stat);
        self.found.dirs.push(FoundDir { meta, modified, opaque: xattrs.opaque, entries: Vec::new() });
        let index = self.found.dirs.len() - 1;
        self.pending.push((index, path));
        Ok(index)
    }

    fn read_dir(&mut self, index: usize, path: &Path) -> Result<(), ScanError> {
        let mut entries = Vec::new();
        for name in self.names(path)? {
            let child = path.join(OsStr::from_bytes(&name));
            if child.as_os_str().len() > PATH_LIMIT {
                let start = OsStr::from_bytes(child.as_os_str().as_bytes().get(..80).unwrap_or_default());
                return Err(ScanError::TooDeep { path: PathBuf::from(start), limit: PATH_LIMIT });
            }
            if let Some(node) = self.node(child)? {
                entries.push((name, node));
            }
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        if let Some(dir) = self.found.dirs.get_mut(index) {
            dir.entries = entries;
        }
        Ok(())
    }

    fn names(&self, path: &Path) -> Result<Vec<Vec<u8>>, ScanError> {
        let read = |error: rustix::io::Errno| read_error(path, error.into());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(CWD, self.root.join(path).as_path(), flags, Mode::empty()).map_err(read)?;
        let mut names = Vec::new();
        for entry in Dir::new(fd).map_err(read)? {
            let entry = entry.map_err(read)?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name.to_vec());
            }
        }
        Ok(names)
    }

    fn node(&mut self, path: PathBuf) -> Result<Option<FoundNode>, ScanError> {
        let stat = self.stat(&path)?;
        let done = |node| Ok(Some(FoundNode::Done(node)));
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Ok(Some(FoundNode::Dir(self.add_dir(path)?))),
            FileType::RegularFile => self.file(path, &stat).map(Some),
            FileType::Symlink => {
                let target = std::fs::read_link(self.root.join(&path)).map_err(|e| read_error(&path, e))?;
                let target = target.into_os_string().as_bytes().to_vec();
                done(ScannedNode::Symlink { target, meta: self.meta(&path, &stat, Vec::new())? })
            }
            FileType::Fifo => {
                let xattrs = self.xattrs(&path)?;
                done(ScannedNode::Fifo(self.meta(&path, &stat, xattrs.content)?))
            }
            FileType::CharacterDevice if stat.st_rdev == 0 => done(ScannedNode::Whiteout),
            FileType::Socket => {
                self.found.sockets.push(path.into_os_string().into_vec());
                Ok(None)
            }
            _ => Err(ScanError::Device { path }),
        }
    }

    fn file(&mut self, path: PathBuf, stat: &Stat) -> Result<FoundNode, ScanError> {
        let xattrs = self.xattrs(&path)?;
        if xattrs.whiteout && stat.st_size == 0 {
            return Ok(FoundNode::Done(ScannedNode::Whiteout));
        }
        let meta = self.meta(&path, stat, xattrs.content)?;
        let inode = (stat.st_nlink > 1).then_some((stat.st_dev, stat.st_ino));
        let disk = stat.st_blocks as u64 * 512;
        let (size, modified) = (stat.st_size as u64, modified(stat));
        self.found.files.push(FoundFile { path, size, meta, modified, inode, disk });
        Ok(FoundNode::File(self.found.files.len() - 1))
    }

    fn meta(&self, path: &Path, stat: &Stat, xattrs: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Meta, ScanError> {
        let ids = self.ids.inner(stat.st_uid, stat.st_gid);
        let (uid, gid) = ids.ok_or_else(|| ScanError::ForeignOwner { path: path.to_path_buf() })?;
        Ok(Meta { mode: stat.st_mode & 0o7777, uid, gid, xattrs })
    }

    fn stat(&self, path: &Path) -> Result<Stat, ScanError> {
        statat(CWD, self.root.join(path).as_path(), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| read_error(path, error.into()))
    }

    fn xattrs(&self, path: &Path) -> Result<xattr::Xattrs, ScanError> {
        let xattrs = xattr::read(&self.root.join(path), self.ids).map_err(|error| read_error(path, error))?;
        match xattrs.foreign {
            Some(attribute) => Err(ScanError::Overlay { path: path.to_path_buf(), attribute }),
            None => Ok(xattrs),
        }
    }
}

/// One before 1970 is of no use to anybody.
fn modified(stat: &Stat) -> SystemTime {
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or_default();
    match u64::try_from(stat.st_mtime) {
        Ok(seconds) => UNIX_EPOCH + Duration::new(seconds, nanoseconds.min(999_999_999)),
        Err(_) => UNIX_EPOCH,
    }
}

pub(super) fn read_error(path: &Path, source: io::Error) -> ScanError {
    ScanError::Read { path: path.to_path_buf(), source }
}
