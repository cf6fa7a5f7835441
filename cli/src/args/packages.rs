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

/// Look dependencies, images, repositories and files that pipe.lock pins up again, fetch what is missing, and write pipe.lock
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe update                                 all dependencies by git, and all that pipe.lock pins
  pipe update ci web                          these, with what they need
  pipe update alpine:3.20                     what the tag of this image is now
  pipe update https://example.com/app         what the branches of `git(…)` from there are now; `…/app#main` is one
  pipe update https://example.com/list.txt    what `http(…)` would fetch now
  pipe update --locked                        fetch what pipe.lock says; fail when it would have to change
  pipe update ci --accept                     accept that it wants more than before

Versions in pipe.toml stay as they are: a branch is followed, a tag should still be what it was. Without a NAME, an image, a repository or
a file that cannot be looked up keeps its line, and the others are updated. `pipe update` has no secrets: where a program gives a token,
remove the line from pipe.lock and run again. Exit code: 2 when a package wants more than was accepted, a tag of a repository was moved,
a place may not be asked without `--allow`, or --locked or --offline forbid what there is to do; 3 when a repository, a registry or a
server cannot be reached.")]
pub(crate) struct UpdateArgs {
    /// Dependencies, as pipe.toml calls them, and images, repositories and files that pipe.lock pins; all when none is named
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Accept whatever packages want, tags of repositories that were moved, and pages where there were other files
    #[arg(long)]
    pub(crate) accept: bool,
    /// Allow to ask what the package may not by itself: `net:HOST[:PORT]`, `git:HOST`; several with commas between them
    #[arg(long, value_name = "GRANT,…")]
    pub(crate) allow: Vec<String>,
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
