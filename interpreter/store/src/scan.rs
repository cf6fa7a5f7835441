//! Digesting a layer.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat};

use crate::hash::hash_reader;
use crate::layer::DISK_BLOCK;
use crate::{IdMap, LayerScan, Meta, ScanError, ScannedDir, ScannedNode, StoreError, xattr};

/// Bytes that the path of anything in a layer may have: the kernel opens paths of 4096, and the layer's own takes a part.
const PATH_LIMIT: usize = 3800;

/// Below these, digesting in parallel costs more than it saves.
const PARALLEL_FILES: usize = 32;
const PARALLEL_BYTES: u64 = 4 << 20;

/// Digests the layer in `dir`: a folder in overlayfs's form. Whiteouts are character devices 0:0 or empty files with the attribute
/// `user.overlay.whiteout`; `user.overlay.opaque` = `y` marks a folder that hides lower ones. Nothing may write to the folder
/// meanwhile. Sockets are left out, for they mean nothing without the process that listened; [`LayerScan::sockets`] names them.
pub fn scan_layer(dir: &Path, ids: IdMap) -> Result<LayerScan, StoreError> {
    let mut scan = Scan {
        root: dir,
        ids,
        dirs: Vec::new(),
        pending: Vec::new(),
        files: Vec::new(),
        sockets: Vec::new(),
    };
    scan.add_dir(PathBuf::new())?;
    while let Some((index, path)) = scan.pending.pop() {
        scan.read_dir(index, &path)?;
    }
    let digests = hash_files(dir, &scan.files)?;
    Ok(LayerScan { sockets: scan.sockets, ..assemble(scan.dirs, scan.files, digests) })
}

/// A scan under way. Folders are numbered as they are found, parents first; [`assemble`] turns that around.
struct Scan<'a> {
    root: &'a Path,
    ids: IdMap,
    dirs: Vec<FoundDir>,
    pending: Vec<(usize, PathBuf)>,
    files: Vec<FoundFile>,
    sockets: Vec<Vec<u8>>,
}

struct FoundDir {
    meta: Meta,
    opaque: bool,
    entries: Vec<(Vec<u8>, FoundNode)>,
}

enum FoundNode {
    Dir(usize),
    File(usize),
    Done(ScannedNode),
}

struct FoundFile {
    path: PathBuf,
    size: u64,
    meta: Meta,
    /// Device and inode, when the file has more than one name.
    inode: Option<(u64, u64)>,
    /// Bytes on the disk.
    disk: u64,
}

impl Scan<'_> {
    fn add_dir(&mut self, path: PathBuf) -> Result<usize, ScanError> {
        let stat = self.stat(&path)?;
        let xattrs = self.xattrs(&path)?;
        let meta = self.meta(&path, &stat, xattrs.content)?;
        self.dirs.push(FoundDir { meta, opaque: xattrs.opaque, entries: Vec::new() });
        let index = self.dirs.len() - 1;
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
        if let Some(dir) = self.dirs.get_mut(index) {
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
                self.sockets.push(path.into_os_string().into_vec());
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
        self.files.push(FoundFile { path, size: stat.st_size as u64, meta, inode, disk });
        Ok(FoundNode::File(self.files.len() - 1))
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

fn read_error(path: &Path, source: io::Error) -> ScanError {
    ScanError::Read { path: path.to_path_buf(), source }
}

type Hashed = (pipe_ops::BlobDigest, u64);

fn hash_files(root: &Path, files: &[FoundFile]) -> Result<Vec<Hashed>, ScanError> {
    let hash = |file: &FoundFile| {
        File::open(root.join(&file.path))
            .and_then(|mut opened| hash_reader(&mut opened))
            .map_err(|error| read_error(&file.path, error))
    };
    let bytes: u64 = files.iter().map(|file| file.size).sum();
    if files.len() >= PARALLEL_FILES || bytes >= PARALLEL_BYTES && files.len() > 1 {
        files.par_iter().map(hash).collect()
    } else {
        files.iter().map(hash).collect()
    }
}

/// Turns the numbering around, so that children come before their parents, and fills the files in.
fn assemble(found: Vec<FoundDir>, files: Vec<FoundFile>, digests: Vec<Hashed>) -> LayerScan {
    let links = link_groups(&files);
    let mut counted = HashSet::new();
    let own = files.iter().filter(|file| file.inode.is_none_or(|inode| counted.insert(inode)));
    let disk = own.map(|file| file.disk).sum::<u64>() + found.len() as u64 * DISK_BLOCK;
    let mut files: Vec<Option<ScannedNode>> = files
        .into_iter()
        .zip(digests)
        .map(|(file, (digest, size))| {
            let link = file.inode.and_then(|inode| links.get(&inode).copied());
            Some(ScannedNode::File { digest, size, meta: file.meta, link })
        })
        .collect();
    let last = found.len().saturating_sub(1);
    let mut node = |node| match node {
        FoundNode::Dir(index) => Some(ScannedNode::Dir((last - index) as u32)),
        FoundNode::File(index) => files.get_mut(index).and_then(Option::take),
        FoundNode::Done(node) => Some(node),
    };
    let dirs = found.into_iter().rev().map(|dir| ScannedDir {
        meta: dir.meta,
        opaque: dir.opaque,
        entries: dir.entries.into_iter().filter_map(|(name, found)| Some((name, node(found)?))).collect(),
    });
    LayerScan { dirs: dirs.collect(), disk, sockets: Vec::new() }
}

/// Numbers the inodes that have at least two names in the layer. The numbers follow the order in which they were found; only
/// which files share one counts.
fn link_groups(files: &[FoundFile]) -> HashMap<(u64, u64), u32> {
    let mut names: HashMap<(u64, u64), u32> = HashMap::new();
    for inode in files.iter().filter_map(|file| file.inode) {
        *names.entry(inode).or_default() += 1;
    }
    let mut numbers = HashMap::new();
    for inode in files.iter().filter_map(|file| file.inode).filter(|inode| names.get(inode) > Some(&1)) {
        let next = numbers.len() as u32;
        numbers.entry(inode).or_insert(next);
    }
    numbers
}
