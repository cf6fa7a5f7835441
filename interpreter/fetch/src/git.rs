//! The `git` program, started so that nothing but what is written here decides what it does.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use crate::authorities;
use crate::error::FetchError;
use crate::guard;
use crate::login::Login;
use crate::stop::Stop;

/// How repositories are reached: the user's own settings.
#[derive(Clone, Debug, Default)]
pub struct GitSettings {
    /// Variables that `git`, `ssh` and `curl` take from the user: `PATH`, `HOME`, the agent of ssh, proxies, certificates.
    environment: Vec<(OsString, OsString)>,
    /// What stands at the beginning of an address, and what is asked instead. The longest that fits counts.
    mirrors: Vec<(String, String)>,
    /// Certificates of authorities, in PEM, that are trusted beside those of the system.
    authorities: Option<Arc<[u8]>>,
    /// How a server knows who asks.
    login: Option<Login>,
    /// Settings of git for one repository.
    own: Vec<String>,
    /// Options of ssh for one repository.
    ssh: Vec<String>,
    /// Ends what runs when nobody waits for it any more.
    stop: Option<Stop>,
}

/// Variables by which a user is known elsewhere: whose keys are used, where passwords are.
const IDENTITY: [&str; 4] = ["HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"];

/// Bytes of the largest file that `git` may write: a pack larger than this is no repository of a package.
const LARGEST_PACK: u64 = 2 << 30;

/// Settings that `git` gets on its command line, for it reads no file of settings.
const SETTINGS: [&str; 8] = [
    // Hooks run also on a fetch: `reference-transaction`.
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.askPass=true",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "maintenance.auto=false",
    "gc.auto=0",
    "advice.detachedHead=false",
];

impl GitSettings {
    /// With variables of the user's environment, and with mirrors.
    pub fn new(environment: Vec<(OsString, OsString)>, mirrors: Vec<(String, String)>) -> GitSettings {
        GitSettings { environment, mirrors, ..GitSettings::default() }
    }

    /// Trusting certificates of authorities, in PEM, beside those of the system.
    pub fn trusting(self, authorities: Option<Arc<[u8]>>) -> GitSettings {
        GitSettings { authorities, ..self }
    }

    /// As somebody whom one server knows, and no other.
    pub fn with_login(self, login: Login) -> GitSettings {
        GitSettings { login: Some(login), ..self }
    }

    /// With what the user's own configuration says of credentials. Nothing else of it counts.
    ///
    /// # Errors
    /// When `git` is not there.
    pub fn with_credentials(mut self) -> Result<GitSettings, FetchError> {
        let mut command = Command::new("git");
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(["config", "--global", "--includes", "-z", "--get-regexp", r"^credential\."]);
        let output = command.stdin(Stdio::null()).output().map_err(FetchError::NoGit)?;
        let settings = String::from_utf8_lossy(&output.stdout).into_owned();
        let settings = settings.split('\0').filter_map(|setting| setting.split_once('\n'));
        self.own.extend(settings.map(|(key, value)| format!("{key}={value}")));
        Ok(self)
    }

    /// As anybody: without keys, agent and passwords.
    pub fn anonymous(mut self) -> GitSettings {
        self.environment.retain(|(name, _)| !IDENTITY.iter().any(|own| name == own));
        self
    }

    /// The host that is asked leads nowhere else.
    pub fn without_redirects(mut self) -> GitSettings {
        self.own.push("http.followRedirects=false".to_owned());
        self
    }

    /// A host is reached at these addresses and nowhere else, whatever its name leads to by then.
    pub fn only_at(mut self, host: &str, port: u16, addresses: &[IpAddr]) -> GitSettings {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let shown = addresses.iter().map(|address| match address.is_ipv6() {
            true => format!("[{address}]"),
            false => address.to_string(),
        });
        let shown: Vec<String> = shown.collect();
        self.own.push(format!("http.curloptResolve={bare}:{port}:{}", shown.join(",")));
        self.ssh.extend(addresses.first().map(|address| format!("-oHostName={address}")));
        // Keys of hosts are kept by their names.
        let alias = if port == 22 { bare.to_owned() } else { format!("[{bare}]:{port}") };
        self.ssh.push(format!("-oHostKeyAlias={alias}"));
        self
    }

    /// What runs is ended by `stop`.
    pub fn stopped_by(self, stop: Stop) -> GitSettings {
        GitSettings { stop: Some(stop), ..self }
    }

    /// Whether the user named another place that is asked for a repository.
    pub fn mirrors(&self, url: &str) -> bool {
        self.address(url) != url
    }

    /// The address that is asked for a repository.
    pub(crate) fn address(&self, url: &str) -> String {
        let fits = self.mirrors.iter().filter(|(prefix, _)| url.starts_with(prefix.as_str()));
        match fits.max_by_key(|(prefix, _)| prefix.len()) {
            Some((prefix, mirror)) => format!("{mirror}{}", url.get(prefix.len()..).unwrap_or_default()),
            None => url.to_owned(),
        }
    }

    /// `git` in a repository of ours, on its own.
    fn local(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(self.options()).args(args).stdin(Stdio::null());
        self.hermetic(command, folder, "none")
    }

    /// `git` in a repository of ours, which may only speak the protocol of `address`. A server may keep it waiting for ever, so it ends
    /// with this process.
    fn remote(&self, folder: &Path, address: &str, args: &[&str]) -> Command {
        let options = self.options();
        let all: Vec<&str> = options.into_iter().chain(args.iter().copied()).collect();
        self.hermetic(guard::command("git", &all, LARGEST_PACK), folder, protocol(address))
    }

    /// Settings come before everything else.
    fn options(&self) -> Vec<&str> {
        let own = self.own.iter().map(String::as_str);
        SETTINGS.iter().copied().chain(own).flat_map(|setting| ["-c", setting]).collect()
    }

    /// With nothing of the caller's environment, and these protocols.
    fn hermetic(&self, mut command: Command, folder: &Path, protocols: &str) -> Command {
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_ALLOW_PROTOCOL", protocols)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder))
            // No question that nobody sees, and nothing of a repository becomes a command.
            .env("GIT_SSH_COMMAND", self.ssh_command())
            .env("GIT_DIR", folder)
            .env("LC_ALL", "C")
            .current_dir(folder);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What only a command is given that asks somebody: whom it trusts, and who it is.
    fn introduce(&self, command: &mut Command, folder: &Path) -> Result<(), FetchError> {
        if let Some(own) = &self.authorities {
            let named = self.environment.iter().find(|(name, _)| name == "GIT_SSL_CAINFO");
            let named = named.map(|(_, file)| PathBuf::from(file));
            command.env("GIT_SSL_CAINFO", authorities::write(folder, own, named.as_deref())?);
        }
        if let Some(login) = &self.login {
            login.give(command);
        }
        Ok(())
    }

    /// The shell splits it; what of it comes from elsewhere are addresses and names of hosts, which were checked.
    fn ssh_command(&self) -> String {
        self.ssh.iter().fold("ssh -oBatchMode=yes".to_owned(), |command, option| {
            format!("{command} '{}'", option.replace('\'', ""))
        })
    }

    /// Runs `git` on a repository of ours to its end; what it printed when it succeeded, else what it said.
    pub(crate) fn run(&self, folder: &Path, args: &[&str]) -> Result<Result<Vec<u8>, String>, FetchError> {
        self.finish(self.local(folder, args), folder)
    }

    /// As [`GitSettings::run`], with a file as its input.
    pub(crate) fn run_on(
        &self,
        folder: &Path,
        input: File,
        args: &[&str],
    ) -> Result<Result<Vec<u8>, String>, FetchError> {
        let mut command = self.local(folder, args);
        command.stdin(input);
        self.finish(command, folder)
    }

    /// As [`GitSettings::run`], and an address is asked.
    pub(crate) fn ask(
        &self,
        folder: &Path,
        address: &str,
        args: &[&str],
    ) -> Result<Result<Vec<u8>, String>, FetchError> {
        let mut command = self.remote(folder, address, args);
        self.introduce(&mut command, folder)?;
        self.finish(command, folder)
    }

    fn finish(&self, mut command: Command, folder: &Path) -> Result<Result<Vec<u8>, String>, FetchError> {
        let Some(stop) = &self.stop else { return wait(command.spawn().map_err(missing(folder))?) };
        let ended = wait(stop.spawn(&mut command)?.map_err(missing(folder))?);
        stop.ended();
        ended
    }
}

fn wait(child: Child) -> Result<Result<Vec<u8>, String>, FetchError> {
    let output = guard::output(child).map_err(FetchError::NoGit)?;
    Ok(match output.status.success() {
        true => Ok(output.stdout),
        false => Err(said(&output.stderr)),
    })
}

/// Whether the program or the folder is missing, the error is the same.
fn missing(folder: &Path) -> impl FnOnce(io::Error) -> FetchError + '_ {
    move |error| match folder.is_dir() {
        true => FetchError::NoGit(error),
        false => FetchError::Disk { path: folder.to_path_buf(), error },
    }
}

/// The protocol of an address, in the words of `GIT_ALLOW_PROTOCOL`.
fn protocol(address: &str) -> &str {
    match address.split_once("://") {
        Some((scheme @ ("https" | "http" | "ssh"), _)) => scheme,
        Some(("file", _)) | None => "file",
        // None of the protocols that git knows under this name.
        Some(_) => "none",
    }
}

/// What matters of what `git` said: not its progress, nor what follows from the first mistake.
fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    let first = ["fatal: ", "error: ", "remote: ", "ssh: "];
    let mut lines: Vec<&str> = lines.take(200).collect();
    let matters: Vec<&str> =
        lines.iter().copied().filter(|line| first.iter().any(|word| line.starts_with(word))).collect();
    if !matters.is_empty() {
        lines = matters;
    }
    let shown: Vec<&str> = lines.iter().take(3).map(|line| line.trim_start_matches("fatal: ")).collect();
    match shown.is_empty() {
        true => "it said nothing".to_owned(),
        false => shown.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mirror_counts() {
        let mirror = |prefix: &str, to: &str| (prefix.to_owned(), to.to_owned());
        let settings = GitSettings {
            mirrors: vec![
                mirror("https://a.example/", "https://mirror.example/a/"),
                mirror("https://a.example/team/", "file:///srv/"),
            ],
            ..GitSettings::default()
        };
        assert_eq!(settings.address("https://a.example/x"), "https://mirror.example/a/x");
        assert_eq!(settings.address("https://a.example/team/x"), "file:///srv/x");
        assert_eq!(settings.address("https://b.example/x"), "https://b.example/x");
    }

    #[test]
    fn a_host_is_held_to_its_address() {
        let settings = GitSettings {
            environment: vec![("HOME".into(), "/home/me".into()), ("PATH".into(), "/bin".into())],
            ..GitSettings::default()
        };
        let addresses = [IpAddr::from([10, 0, 0, 7]), IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1])];
        let held = settings.anonymous().only_at("git.example", 2222, &addresses);
        assert_eq!(held.environment, [("PATH".into(), "/bin".into())]);
        assert_eq!(held.own, ["http.curloptResolve=git.example:2222:10.0.0.7,[fd00::1]"]);
        let ssh = "ssh -oBatchMode=yes '-oHostName=10.0.0.7' '-oHostKeyAlias=[git.example]:2222'";
        assert_eq!(held.ssh_command(), ssh);
    }

    #[test]
    fn only_the_protocol_of_the_address_is_spoken() {
        for (address, spoken) in [
            ("https://a/b", "https"),
            ("ssh://a/b", "ssh"),
            ("file:///a", "file"),
            ("/a/b", "file"),
            ("ext::sh -c x://", "none"),
            ("git://a/b", "none"),
        ] {
            assert_eq!(protocol(address), spoken, "{address}");
        }
    }

    #[test]
    fn progress_is_left_out() {
        let text = b"remote: Counting\rReceiving objects\nfatal: repository 'x' not found\n";
        assert_eq!(said(text), "remote: Counting; repository 'x' not found");
        assert_eq!(said(b""), "it said nothing");
    }
}
