//! A git repository behind HTTP, for whoever may read it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::harness::World;

/// Answers requests with `git http-backend`, one after the other, until the process ends.
pub(crate) fn serve(root: PathBuf) -> u16 {
    serve_to(root, None)
}

/// As [`serve`], for whoever says this in `Authorization`.
pub(crate) fn serve_to(root: PathBuf, authorization: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // A client that goes away is no failure of the server's.
            let _ = answer(connection.unwrap(), &root, authorization);
        }
    });
    port
}

fn answer(mut connection: TcpStream, root: &Path, authorization: Option<&str>) -> std::io::Result<()> {
    let mut input = BufReader::new(connection.try_clone()?);
    let mut line = String::new();
    input.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut backend = std::process::Command::new("git");
    backend.arg("http-backend").env_clear().env("PATH", "/usr/bin:/bin").env("GIT_HTTP_EXPORT_ALL", "1");
    backend.env("GIT_PROJECT_ROOT", root).env("PATH_INFO", path).env("QUERY_STRING", query);
    backend.env("REQUEST_METHOD", method).env("GIT_CONFIG_COUNT", "1");
    backend.env("GIT_CONFIG_KEY_0", "safe.directory").env("GIT_CONFIG_VALUE_0", "*");
    let (mut length, mut is_known) = (0, authorization.is_none());
    loop {
        let mut header = String::new();
        input.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "content-type" => drop(backend.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(backend.env("HTTP_CONTENT_ENCODING", value)),
            "git-protocol" => drop(backend.env("HTTP_GIT_PROTOCOL", value)),
            "authorization" => is_known |= Some(value) == authorization,
            _ => {}
        }
    }
    if !is_known {
        let challenge =
            "WWW-Authenticate: Basic realm=\"packages\"\r\nContent-Length: 0\r\nConnection: close";
        return write!(connection, "HTTP/1.1 401 Unauthorized\r\n{challenge}\r\n\r\n");
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    backend.env("CONTENT_LENGTH", length.to_string());
    let mut child = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().unwrap().write_all(&body)?;
    let output = child.wait_with_output()?.stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let headers = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let body = &output[end + 4..];
    write!(
        connection,
        "HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    connection.write_all(body)
}

/// A password, and what a client says that has it of a user `ada`.
pub(crate) const PASSWORD: &str = "only-in-netrc";
pub(crate) const AUTHORIZATION: &str = "Basic YWRhOm9ubHktaW4tbmV0cmM=";

/// Writes the user's `~/.netrc`.
pub(crate) fn netrc(world: &World, password: &str) {
    let line = format!("machine 127.0.0.1 login ada password {password}\n");
    std::fs::write(world.home().join(".netrc"), line).unwrap();
}
