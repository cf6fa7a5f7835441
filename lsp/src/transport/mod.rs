//! Messages in and out. The library's own loop would end at the first message that cannot be read, and begins handlers in no
//! certain order; this one begins each handler before it reads the next message.

mod frame;

use std::io::{BufRead, Write};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use futures::stream::FuturesUnordered;
use futures::{FutureExt, SinkExt, StreamExt};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};
use tower_lsp::jsonrpc::{Error, Id, Request, Response};
use tower_lsp::{ClientSocket, LanguageServer, LspService};
use tower_service::Service;

use frame::Frame;

/// How serving came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By `exit` after `shutdown`.
    AfterShutdown,
    /// By `exit` without `shutdown`, or the end of the input.
    WithoutShutdown,
}

/// Messages that have been read and not begun: more wait in the pipe.
const AHEAD: usize = 64;

type Answer = Pin<Box<dyn Future<Output = Option<Response>> + Send>>;

/// Serves until `exit` or the end of the input.
pub(crate) async fn serve<S: LanguageServer>(
    service: LspService<S>,
    socket: ClientSocket,
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> Ended {
    let mut frames = reader(input);
    let (mut requests, mut responses) = socket.split();
    let mut connection =
        Connection { service, output: writer(output), running: FuturesUnordered::new(), shut_down: false };
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                None => return Ended::WithoutShutdown,
                Some(Frame::Malformed(why)) => connection.refuse(Error::invalid_params(why)),
                Some(Frame::Message(body)) => match read(&body) {
                    Ok(Message::Request(request)) => {
                        if connection.begin(request) {
                            return connection.ended();
                        }
                    }
                    // To whom it is an answer is for the library to know.
                    Ok(Message::Response(response)) => { let _ = responses.send(response).await; }
                    Err(error) => connection.refuse(error),
                },
            },
            Some(answer) = connection.running.next(), if !connection.running.is_empty() => {
                connection.send(answer.as_ref());
            }
            Some(request) = requests.next() => connection.send(Some(&request)),
        }
    }
}

struct Connection<S> {
    service: LspService<S>,
    output: mpsc::Sender<Vec<u8>>,
    running: FuturesUnordered<Answer>,
    shut_down: bool,
}

impl<S: LanguageServer> Connection<S> {
    /// Begins what a message asks for, up to where it waits; whether it ends the connection.
    fn begin(&mut self, request: Request) -> bool {
        let exit = request.method() == "exit";
        self.shut_down |= request.method() == "shutdown";
        let id = request.id().cloned();
        let handler = AssertUnwindSafe(self.service.call(request)).catch_unwind();
        let mut answer: Answer = Box::pin(handler.map(|ended| match ended {
            Ok(answer) => answer.ok().flatten(),
            // A mistake in one handler ends that handler.
            Err(_) => id.map(|id| Response::from_error(id, Error::internal_error())),
        }));
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => self.send(answer.as_ref()),
            Poll::Pending => self.running.push(answer),
        }
        exit
    }

    fn ended(&self) -> Ended {
        if self.shut_down { Ended::AfterShutdown } else { Ended::WithoutShutdown }
    }

    fn refuse(&self, error: Error) {
        self.send(Some(&Response::from_error(Id::Null, error)));
    }

    fn send(&self, message: Option<&impl serde::Serialize>) {
        let Some(message) = message else { return };
        if let Ok(body) = serde_json::to_vec(message) {
            // A client that does not listen any more will close its end.
            let _ = self.output.send(body);
        }
    }
}

enum Message {
    Request(Request),
    Response(Response),
}

fn read(body: &[u8]) -> Result<Message, Error> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Error::parse_error())?;
    let invalid = |_| Error::invalid_request();
    match value.get("method") {
        Some(_) => serde_json::from_value(value).map(Message::Request).map_err(invalid),
        None => serde_json::from_value(value).map(Message::Response).map_err(invalid),
    }
}

/// Reads on a thread of its own, for reading cannot be interrupted.
fn reader(mut input: impl BufRead + Send + 'static) -> Receiver<Frame> {
    let (sender, frames) = channel(AHEAD);
    std::thread::spawn(move || {
        while let Ok(Some(frame)) = frame::read(&mut input) {
            if sender.blocking_send(frame).is_err() {
                break;
            }
        }
    });
    frames
}

/// Writes on a thread of its own: a client that reads slowly holds up nothing else.
fn writer(mut output: impl Write + Send + 'static) -> mpsc::Sender<Vec<u8>> {
    let (sender, bodies) = mpsc::channel::<Vec<u8>>();
    std::thread::spawn(move || {
        while let Ok(body) = bodies.recv() {
            if frame::write(&mut output, &body).is_err() {
                break;
            }
        }
    });
    sender
}
