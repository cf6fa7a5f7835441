//! Requests, tried again where that can help.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ureq::http::{self, HeaderMap, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, SendBody};
use zeroize::Zeroizing;

use super::challenge::Challenge;
use super::reach::{NotPublic, PublicResolver, Reach, refusal};
use super::request::Section;
use super::url::Url;
use super::{Content, Endpoint, Failure, Request, token};
use crate::{Cancel, Credentials, Settings};

/// How often something is asked for, the first time included.
pub(super) const ATTEMPTS: u32 = 4;

/// Registries send downloads elsewhere, but not for ever.
const REDIRECTS: usize = 8;

/// Speaks with registries. Shared by all downloads of a session.
pub(crate) struct Client {
    pub(crate) settings: Settings,
    pub(super) credentials: Arc<Credentials>,
    agents: Mutex<HashMap<(Option<String>, Reach), Agent>>,
    /// The header that a repository's requests carry, once it was asked for.
    authorization: Mutex<HashMap<(String, String), Zeroizing<String>>>,
}

/// Whether a request may be worth repeating.
pub(super) enum Again {
    /// Perhaps, after this time at least.
    After(Option<Duration>, String),
    /// No.
    No(Failure),
}

impl Client {
    pub(crate) fn new(settings: Settings, credentials: Arc<Credentials>) -> Client {
        Client { settings, credentials, agents: Mutex::default(), authorization: Mutex::default() }
    }

    /// Asks, again and again where that may help, with longer and longer pauses.
    pub(crate) fn send(&self, request: &Request<'_>, cancel: &Cancel) -> Result<Response<Body>, Failure> {
        let mut pause = self.settings.pause;
        let mut attempt = 1;
        loop {
            let (least, reason) = match self.try_once(request) {
                Ok(response) => return Ok(response),
                Err(Again::No(failure)) => return Err(failure),
                Err(Again::After(least, reason)) => (least, reason),
            };
            let wait = least.unwrap_or(pause).max(pause);
            if wait > self.settings.longest_pause {
                return Err(Failure::Passing(format!("{reason}, and wants to be left alone for {wait:?}")));
            }
            if attempt == ATTEMPTS {
                return Err(Failure::Passing(format!("{reason} ({ATTEMPTS} attempts)")));
            }
            cancel.sleep(wait);
            if cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            attempt += 1;
            pause *= 3;
        }
    }

    /// Whether an answer was given only to who showed credentials or a token.
    pub(crate) fn was_asked(&self) -> bool {
        !self.authorization().is_empty()
    }

    /// A document that fits into memory, read to its end.
    pub(crate) fn read(
        &self,
        request: &Request<'_>,
        limit: u64,
        cancel: &Cancel,
    ) -> Result<Vec<u8>, Failure> {
        let mut pause = self.settings.pause;
        for attempt in 1.. {
            let body = self.send(request, cancel)?.into_body();
            let error = match body.into_with_config().limit(limit).read_to_vec() {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            if let ureq::Error::BodyExceedsLimit(_) = error {
                return Err(Failure::Wrong(format!("it sent more than {} MiB for a document", limit >> 20)));
            }
            if attempt == ATTEMPTS {
                let reason = explain(&error);
                return Err(Failure::Passing(format!(
                    "its answer broke off: {reason} ({ATTEMPTS} attempts)"
                )));
            }
            cancel.sleep(pause);
            pause *= 3;
        }
        Err(Failure::Cancelled)
    }

    /// Asks once, and takes only what is a success.
    fn try_once(&self, request: &Request<'_>) -> Result<Response<Body>, Again> {
        judge(self.answer(request)?)
    }

    /// Asks once, whatever the answer is; with credentials when they turn out to be wanted.
    pub(super) fn answer(&self, request: &Request<'_>) -> Result<Response<Body>, Again> {
        let key = (request.endpoint.shown(), request.endpoint.repository.clone());
        let known = self.authorization().get(&key).cloned();
        let response = self.follow(request, known.as_deref().map(String::as_str))?;
        // Only registries are logged in to.
        if response.status() != 401 || request.endpoint.granted.is_some() {
            return Ok(response);
        }
        let header = self.authorize(request, response.headers(), known.is_some())?;
        self.authorization().insert(key.clone(), header.clone());
        let response = self.follow(request, Some(&header))?;
        if response.status() == 401 {
            self.authorization().remove(&key);
            let credentials = &request.endpoint.credentials;
            return Err(unauthorized(format!(
                "it answered 401 Unauthorized to the credentials of `{credentials}`"
            )));
        }
        Ok(response)
    }

    fn authorize(
        &self,
        request: &Request<'_>,
        headers: &HeaderMap,
        had_one: bool,
    ) -> Result<Zeroizing<String>, Again> {
        let values = headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
        let challenge = Challenge::parse(values).ok_or_else(|| {
            unauthorized("it answered 401 Unauthorized without saying how to log in".to_owned())
        })?;
        if had_one && challenge == Challenge::Basic {
            let credentials = &request.endpoint.credentials;
            return Err(unauthorized(format!(
                "it answered 401 Unauthorized to the credentials of `{credentials}`"
            )));
        }
        token::authorization(self, request.endpoint, &challenge)
    }

    /// Follows redirects. The header goes where the registry itself is, nowhere else.
    fn follow(&self, request: &Request<'_>, authorization: Option<&str>) -> Result<Response<Body>, Again> {
        let mut url = request.url.clone();
        for _ in 0..REDIRECTS {
            let is_endpoint = url.same_origin(&request.endpoint.url);
            let header = authorization.filter(|_| is_endpoint);
            let confidential = if is_endpoint { request.confidential } else { &[] };
            let agent = self.agent(request.endpoint, &url)?;
            let response = call(&agent, request, &url, (header, confidential), self.settings.commit);
            let response = response.map_err(|error| again(request.endpoint, &url, &error))?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let location = response.headers().get("location").and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location));
            let next = next.ok_or_else(|| Again::No(Failure::Wrong("it redirects to nowhere".into())))?;
            if url.scheme == "https" && !next.is_private() {
                let host = &next.host;
                return Err(Again::No(Failure::Wrong(format!(
                    "it redirects from https to plain http ({host})"
                ))));
            }
            url = next;
        }
        Err(Again::No(Failure::Wrong(format!("it redirects more than {REDIRECTS} times"))))
    }

    /// An agent for a URL that an endpoint named: of the proxy that leads there, and reaching no further than it may.
    pub(super) fn agent(&self, endpoint: &Endpoint, url: &Url) -> Result<Agent, Again> {
        let reach = Reach::of(endpoint, url);
        if reach.refuses(endpoint, url) {
            return Err(Again::No(Failure::Wrong(refusal(endpoint, url))));
        }
        let proxy = self.settings.proxies.of(&url.scheme, &url.host).map(str::to_owned);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        // A proxy has an address of the user's choice, and resolves names itself.
        let reach = if proxy.is_some() { Reach::Anywhere } else { reach };
        let key = (proxy, reach);
        if let Some(agent) = agents.get(&key) {
            return Ok(agent.clone());
        }
        let made = match &key.0 {
            None => None,
            Some(text) => Some(ureq::Proxy::new(text).map_err(|error| {
                Again::No(Failure::Wrong(format!("the proxy of the environment cannot be used: {error}")))
            })?),
        };
        let silence = Some(self.settings.silence);
        let tls = TlsConfig::builder()
            .root_certs(roots(&self.settings.certificates))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(made)
            .tls_config(tls)
            .user_agent(concat!("pipe/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(silence)
            .timeout_connect(silence)
            .timeout_recv_response(silence)
            .timeout_per_read(silence)
            .timeout_per_write(silence)
            .build();
        let agent = match reach {
            Reach::Anywhere => Agent::from(config),
            Reach::Public => {
                let resolver = PublicResolver::granting(endpoint.granted.clone());
                Agent::with_parts(config, DefaultConnector::new(), resolver)
            }
        };
        agents.insert(key, agent.clone());
        Ok(agent)
    }

    fn authorization(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Zeroizing<String>>> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a request to a URL, which may be another one than it was made for, with the credentials that are for that URL.
fn call(
    agent: &Agent,
    request: &Request<'_>,
    url: &Url,
    (authorization, confidential): (Option<&str>, &[(String, Zeroizing<String>)]),
    commit: Duration,
) -> Result<Response<Body>, ureq::Error> {
    let mut call = http::Request::builder().method(&request.method).uri(url.to_string());
    for (name, value) in &request.headers {
        call = call.header(*name, value);
    }
    for (name, value) in confidential {
        call = call.header(name.as_str(), value.as_str());
    }
    if let Some(header) = authorization {
        call = call.header("Authorization", header);
    }
    let wait = match request.body {
        Content::None => return agent.run(call.body(())?),
        _ => Some(commit),
    };
    match request.body {
        Content::Section(file, at, len) => {
            let mut section = Section::new(file, at, len);
            let call = call.header("Content-Length", len).body(SendBody::from_reader(&mut section))?;
            agent.run(agent.configure_request(call).timeout_recv_response(wait).build())
        }
        Content::Bytes(bytes) => {
            agent.run(agent.configure_request(call.body(bytes)?).timeout_recv_response(wait).build())
        }
        Content::None => agent.run(call.body(())?),
    }
}

fn unauthorized(reason: String) -> Again {
    Again::No(Failure::Unauthorized { reason })
}

/// What a status means.
pub(super) fn judge(response: Response<Body>) -> Result<Response<Body>, Again> {
    let status = response.status();
    let shown = || format!("it answered {status}");
    match status.as_u16() {
        200 | 201 | 202 | 204 | 206 => Ok(response),
        404 => Err(Again::No(Failure::Absent)),
        401 | 403 => Err(unauthorized(shown())),
        408 | 425 | 429 | 500 | 502 | 503 | 504 => {
            Err(Again::After(retry_after(response.headers()), shown()))
        }
        _ => Err(Again::No(Failure::Wrong(shown()))),
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).unwrap_or_default())
}

/// What a request that got no answer means.
pub(super) fn again(endpoint: &Endpoint, url: &Url, error: &ureq::Error) -> Again {
    match error {
        ureq::Error::Other(inner) if inner.is::<NotPublic>() => {
            Again::No(Failure::Wrong(refusal(endpoint, url)))
        }
        other => Again::After(None, explain(other)),
    }
}

/// What went wrong, without the words of the library.
pub(super) fn explain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "its name cannot be resolved".to_owned(),
        ureq::Error::Timeout(_) => "it does not answer".to_owned(),
        ureq::Error::ConnectionFailed => "it cannot be reached".to_owned(),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "it refuses connections".to_owned()
        }
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Authorities that are trusted: the system's, and the user's own beside them.
fn roots(own: &[u8]) -> RootCerts {
    if own.is_empty() {
        return RootCerts::PlatformVerifier;
    }
    let system = rustls_native_certs::load_native_certs().certs;
    let system = system.into_iter().map(|certificate| Certificate::from_der(&certificate).to_owned());
    let own = parse_pem(own).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    RootCerts::Specific(Arc::new(system.chain(own).collect()))
}
