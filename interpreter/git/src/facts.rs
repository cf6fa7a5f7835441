//! What a repository says about its commits.

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::commit::describe::SelectRef;
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;

use crate::{GitError, Repository};

/// A commit of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its name, in hexadecimal.
    pub id: String,
    /// The first paragraph of its message, on one line.
    pub subject: String,
    /// Its author's name.
    pub author: String,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
}

impl Repository {
    /// The commit of `HEAD`, in hexadecimal.
    ///
    /// # Errors
    /// Before the first commit.
    pub fn commit(&self) -> Result<String, GitError> {
        Ok(self.head()?.to_string())
    }

    /// The branch that `HEAD` is on, also before its first commit; `None` when it is detached.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn branch(&self) -> Result<Option<String>, GitError> {
        let head = self.git.head_name().map_err(GitError::read)?;
        Ok(head.map(|name| name.shorten().to_string()))
    }

    /// Names of the tags on `HEAD`, sorted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tags(&self) -> Result<Vec<String>, GitError> {
        let Some(head) = self.head else { return Ok(Vec::new()) };
        let references = self.git.references().map_err(GitError::read)?;
        let mut tags = Vec::new();
        for tag in references.tags().map_err(GitError::read)? {
            let mut tag = tag.map_err(GitError::read)?;
            // A tag may name what is not here, or no commit.
            if tag.peel_to_id().is_ok_and(|id| id == head) {
                tags.push(tag.name().shorten().to_string());
            }
        }
        tags.sort();
        Ok(tags)
    }

    /// What `git describe --always` says: the nearest annotated tag, else the shortened name of the commit.
    ///
    /// # Errors
    /// Before the first commit.
    pub fn describe(&self) -> Result<String, GitError> {
        let commit = self.git.find_commit(self.head()?).map_err(GitError::read)?;
        let mut describe = commit.describe().names(SelectRef::AnnotatedTags).id_as_fallback(true);
        Ok(describe.format().map_err(GitError::read)?.to_string())
    }

    /// When `HEAD` was committed, in seconds since 1970.
    ///
    /// # Errors
    /// Before the first commit.
    pub fn time(&self) -> Result<i64, GitError> {
        let commit = self.git.find_commit(self.head()?).map_err(GitError::read)?;
        Ok(commit.time().map_err(GitError::read)?.seconds)
    }

    /// The commit where two parted, in hexadecimal.
    ///
    /// # Errors
    /// When one is not there, or they have nothing in common.
    pub fn merge_base(&self, a: &str, b: &str) -> Result<String, GitError> {
        let (left, right) = (self.resolve(a)?, self.resolve(b)?);
        match self.git.merge_base(left, right) {
            Ok(Some(base)) => Ok(base.to_string()),
            Err(error) if self.is_shallow() => Err(GitError::Shallow(error.to_string())),
            Ok(None) if self.is_shallow() => Err(GitError::Shallow(format!("where `{a}` and `{b}` part"))),
            Err(error) => Err(GitError::read(error)),
            Ok(None) => Err(GitError::Unrelated { a: a.to_owned(), b: b.to_owned() }),
        }
    }

    /// Commits from `HEAD` on, the newest first; none before the first one.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn log(&self, limit: usize) -> Result<Vec<Commit>, GitError> {
        let Some(head) = self.head else { return Ok(Vec::new()) };
        let newest_first = Sorting::ByCommitTime(CommitTimeOrder::NewestFirst);
        let walk = self.git.rev_walk([head]).sorting(newest_first).all().map_err(GitError::read)?;
        walk.take(limit).map(|info| self.logged(info.map_err(GitError::read)?.id)).collect()
    }

    fn logged(&self, id: ObjectId) -> Result<Commit, GitError> {
        let commit = self.git.find_commit(id).map_err(GitError::read)?;
        let message = commit.message().map_err(GitError::read)?;
        let author = commit.author().map_err(GitError::read)?;
        Ok(Commit {
            id: id.to_string(),
            subject: message.summary().to_str_lossy().into_owned(),
            author: author.name.to_str_lossy().into_owned(),
            time: commit.time().map_err(GitError::read)?.seconds,
        })
    }

    fn is_shallow(&self) -> bool {
        self.git.is_shallow().unwrap_or(false)
    }

    /// The commit that a name means: a branch, a tag, the start of a commit's name, `HEAD~2`.
    pub(crate) fn resolve(&self, name: &str) -> Result<ObjectId, GitError> {
        // What the repository was opened with, whatever happens to it meanwhile.
        if name == "HEAD" {
            return self.head();
        }
        let failed = |reason: String| {
            if self.is_shallow() {
                GitError::Shallow(format!("`{name}`"))
            } else {
                GitError::Revision { name: name.to_owned(), reason }
            }
        };
        let id = self.git.rev_parse_single(name).map_err(|error| failed(error.to_string()))?;
        let object = id.object().map_err(|error| failed(error.to_string()))?;
        let commit =
            object.peel_to_kind(gix::objs::Kind::Commit).map_err(|error| failed(error.to_string()))?;
        Ok(commit.id)
    }
}
