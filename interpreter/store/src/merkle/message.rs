//! The messages. Names, numbers and meaning of the first group are those of `build.bazel.remote.execution.v2`.

/// A folder. Lists are sorted by name; a name occurs once in all of them together.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Directory {
    #[prost(message, repeated, tag = "1")]
    pub(crate) files: Vec<FileNode>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) directories: Vec<DirectoryNode>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) symlinks: Vec<SymlinkNode>,
    #[prost(message, optional, tag = "5")]
    pub(crate) node_properties: Option<NodeProperties>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FileNode {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) digest: Option<DigestMessage>,
    #[prost(bool, tag = "4")]
    pub(crate) is_executable: bool,
    #[prost(message, optional, tag = "6")]
    pub(crate) node_properties: Option<NodeProperties>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DirectoryNode {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) digest: Option<DigestMessage>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SymlinkNode {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) target: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) node_properties: Option<NodeProperties>,
}

/// Properties, sorted by name, and the mode. The message's time is never used.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NodeProperties {
    #[prost(message, repeated, tag = "1")]
    pub(crate) properties: Vec<NodeProperty>,
    #[prost(message, optional, tag = "3")]
    pub(crate) unix_mode: Option<UInt32Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NodeProperty {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UInt32Value {
    #[prost(uint32, tag = "1")]
    pub(crate) value: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DigestMessage {
    /// 64 lower-case hexadecimal digits.
    #[prost(string, tag = "1")]
    pub(crate) hash: String,
    #[prost(int64, tag = "2")]
    pub(crate) size_bytes: i64,
}

/// What `Directory` cannot say of a folder. Our own; all lists are sorted.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Side {
    /// Entries whose name or target is not UTF-8, and named pipes.
    #[prost(message, repeated, tag = "1")]
    pub(crate) nodes: Vec<OddNode>,
    /// Extended attributes.
    #[prost(message, repeated, tag = "2")]
    pub(crate) attributes: Vec<Attributes>,
    /// Files of one inode that are not all in one folder of this one.
    #[prost(message, repeated, tag = "3")]
    pub(crate) links: Vec<LinkGroup>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OddNode {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) name: Vec<u8>,
    #[prost(uint32, tag = "2")]
    pub(crate) mode: u32,
    #[prost(uint32, tag = "3")]
    pub(crate) uid: u32,
    #[prost(uint32, tag = "4")]
    pub(crate) gid: u32,
    #[prost(oneof = "OddKind", tags = "5, 6, 7, 8, 9")]
    pub(crate) kind: Option<OddKind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum OddKind {
    #[prost(message, tag = "5")]
    File(DigestMessage),
    #[prost(message, tag = "6")]
    Directory(DigestMessage),
    #[prost(bytes, tag = "7")]
    Symlink(Vec<u8>),
    #[prost(bool, tag = "8")]
    Fifo(bool),
    #[prost(bool, tag = "9")]
    Whiteout(bool),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Attributes {
    /// The entry; empty for the folder itself.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) entry: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Attribute {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) name: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LinkGroup {
    /// Paths from the folder.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) paths: Vec<Vec<u8>>,
}
