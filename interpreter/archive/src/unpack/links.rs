//! Where the symbolic links of an archive lead: nowhere outside it, also by way of each other.

use std::collections::HashMap;
use std::io;

use crate::read::absurd;

/// Links that are followed for one path: the kernel's own limit.
const HOPS: usize = 40;

/// The symbolic links of an archive, and the folders on the way to them.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// By number of the folder, 0 being the archive's own, and name.
    places: HashMap<(usize, Box<[u8]>), Place>,
    folders: usize,
    all: Vec<Link>,
}

/// A link's path and its text.
type Link = (Box<[u8]>, Box<[u8]>);

#[derive(Clone, Copy, Debug)]
enum Place {
    Folder(usize),
    /// A link, by its number.
    Link(usize),
}

impl Links {
    pub(super) fn add(&mut self, path: &[u8], target: &[u8]) {
        let mut names: Vec<&[u8]> = names(path).collect();
        let Some(name) = names.pop() else { return };
        let mut at = 0;
        for folder in names {
            let next = self.folders + 1;
            match self.places.entry((at, folder.into())).or_insert(Place::Folder(next)) {
                Place::Folder(number) => at = *number,
                // Nothing lies below a link: who adds the path to the tree will say so.
                Place::Link(_) => return,
            }
            self.folders = self.folders.max(at);
        }
        self.places.insert((at, name.into()), Place::Link(self.all.len()));
        self.all.push((path.into(), target.into()));
    }

    /// Follows every link.
    ///
    /// # Errors
    /// When one leads out of the archive.
    pub(super) fn check(&self) -> io::Result<()> {
        match self.all.iter().find(|(path, target)| self.leads_out(path, target)) {
            None => Ok(()),
            Some((path, target)) => {
                let (path, target) = (path.escape_ascii(), target.escape_ascii());
                Err(absurd(format!(
                    "`{path}` is a link to `{target}`, which is outside of it; `unpack(root: true)` takes what is to be a \
                     container's root, where such links end"
                )))
            }
        }
    }

    fn leads_out(&self, path: &[u8], target: &[u8]) -> bool {
        // The folders from the archive's own to where the walk is; those that no link lies in have no number.
        let mut walk: Vec<Option<usize>> = vec![Some(0)];
        let mut pending: Vec<&[u8]> = Vec::new();
        let mut parents: Vec<&[u8]> = names(path).collect();
        parents.pop();
        for name in parents {
            walk.push(self.below(&walk, name).and_then(|place| match place {
                Place::Folder(number) => Some(number),
                Place::Link(_) => None,
            }));
        }
        if !push(&mut pending, target) {
            return true;
        }
        let mut hops = 0;
        while let Some(name) = pending.pop() {
            if name == b".." {
                if walk.len() == 1 {
                    return true;
                }
                walk.pop();
                continue;
            }
            match self.below(&walk, name) {
                None => walk.push(None),
                Some(Place::Folder(number)) => walk.push(Some(number)),
                Some(Place::Link(number)) => {
                    hops += 1;
                    let Some((_, target)) = self.all.get(number).filter(|_| hops <= HOPS) else {
                        // The kernel gives up as well: it leads nowhere.
                        return false;
                    };
                    if !push(&mut pending, target) {
                        return true;
                    }
                }
            }
        }
        false
    }

    fn below(&self, walk: &[Option<usize>], name: &[u8]) -> Option<Place> {
        let folder = walk.last().copied().flatten()?;
        self.places.get(&(folder, name.into())).copied()
    }
}

/// Puts the names of a link before what is left of the way; not when it is absolute.
fn push<'a>(pending: &mut Vec<&'a [u8]>, target: &'a [u8]) -> bool {
    let start = pending.len();
    pending.extend(names(target));
    if let Some(new) = pending.get_mut(start..) {
        new.reverse();
    }
    target.first() != Some(&b'/')
}

/// The names of a path, `..` among them.
fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(links: &[(&str, &str)]) -> bool {
        let mut all = Links::default();
        for (path, target) in links {
            all.add(path.as_bytes(), target.as_bytes());
        }
        all.check().is_err()
    }

    #[test]
    fn links_stay_inside() {
        assert!(!refused(&[("a", "b"), ("d/a", "../b"), ("d/e/a", "../../x/./y/../z"), ("loop", "loop")]));
        assert!(!refused(&[("dangling", "nowhere/at/all"), ("d/self", ".")]));
        assert!(refused(&[("a", "/etc/passwd")]));
        assert!(refused(&[("a", "..")]));
        assert!(refused(&[("d/a", "../../b")]));
        assert!(refused(&[("d/a", "x/../../../b")]));
    }

    #[test]
    fn links_by_way_of_others_do_not_leave_either() {
        // Read without following `up`, the second one stays inside.
        assert!(refused(&[("a/b/up", "../.."), ("out", "a/b/up/../x")]));
        assert!(refused(&[("one", "two/.."), ("two", "d/three"), ("d/three", "..")]));
        assert!(!refused(&[("a/b/up", ".."), ("in", "a/b/up/../x")]));
    }
}
