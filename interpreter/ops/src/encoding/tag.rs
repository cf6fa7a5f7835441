//! The number of each kind of op in the encoding.

/// What the encoding of an op begins with. A number never gets another meaning, and the compiler sees to it that no two are equal.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum OpTag {
    Empty = 0,
    Toolchain = 1,
    HostDir = 2,
    HostFile = 3,
    Exec = 4,
    Guard = 5,
    Subdir = 6,
    Subfile = 7,
    Copy = 8,
    Write = 9,
    Remove = 10,
    Contents = 11,
    Apply = 12,
    Declared = 13,
    Inspect = 20,
    Difference = 21,
    Pack = 22,
    Unpack = 23,
    Repo = 24,
    Git = 25,
    HostEnv = 26,
    HostSecret = 27,
    Image = 32,
    Archive = 33,
    BuildContext = 34,
    Gather = 35,
    Effect = 40,
    Settled = 41,
    Lane = 42,
    After = 43,
    Together = 44,
    Service = 45,
}
