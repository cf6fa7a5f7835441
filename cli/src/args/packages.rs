//! Commands on dependencies: `add`, `update`, `vendor`.

use clap::Args;

/// Add a dependency to pipe.toml, and fetch and lock it
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe add ../go_ci                                   a folder
  pipe add git+https://example.com/ci#v1.2.0          a tag, a branch or a commit of a repository
  pipe add git+https://example.com/ci#main:go         a package in a folder of it
  pipe add git+https://example.com/ci --as ci         the newest version tag, else its main branch; under another name

What the package wants to be allowed is shown, and has to be accepted. Nothing is changed when it is not.")]
pub(crate) struct AddArgs {
    /// A folder, or `git+https://HOST/REPOSITORY[#VERSION[:FOLDER]]`
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// What `use` calls it [default: the name of its folder or repository]
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Accept what it wants
    #[arg(long)]
    pub(crate) accept: bool,
}

/// Look tags and branches of dependencies, and tags of images, up again, fetch what is missing, and write pipe.lock
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe update                      all dependencies by git, all images that pipe.lock pins
  pipe update ci web               these, with what they need
  pipe update alpine:3.20          what the tag of this image is now
  pipe update --locked             fetch what pipe.lock says; fail when it would have to change
  pipe update ci --accept          accept that it wants more than before

Versions in pipe.toml stay as they are: a branch is followed, a tag should still be what it was. Exit code: 2 when a package wants more
than was accepted, a tag was moved, or --locked or --offline forbid what there is to do; 3 when a repository or a registry cannot be reached.")]
pub(crate) struct UpdateArgs {
    /// Dependencies, as pipe.toml calls them, and images that pipe.lock pins; all when none is named
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Accept whatever packages want, and tags that were moved
    #[arg(long)]
    pub(crate) accept: bool,
    #[command(flatten)]
    pub(crate) limits: FetchLimits,
}

/// Put all dependencies by git into vendor/, from where they are read then
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe vendor
  pipe vendor --offline            from what was fetched before

From then on nothing is fetched for this package, and `pipe update` keeps vendor/ as it should be. Remove vendor/pipe.lock to read from
the store again.")]
pub(crate) struct VendorArgs {
    /// Accept whatever packages want
    #[arg(long)]
    pub(crate) accept: bool,
    #[command(flatten)]
    pub(crate) limits: FetchLimits,
}

/// What looking packages up may do.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct FetchLimits {
    /// Do not change pipe.lock: exit with 2 when it would have to
    #[arg(long)]
    pub(crate) locked: bool,
    /// Fetch nothing: exit with 2 when something would have to be
    #[arg(long)]
    pub(crate) offline: bool,
}
