//! `up`: a service that runs until it is stopped, reached from this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use pipe_ops::{Datum, NodeId};
use tokio_util::sync::CancellationToken;

use super::ServiceValue;
use super::instance::{self, Wanted};
use super::used::Lost;
use crate::failure::Cause;
use crate::session::SessionState;
use crate::{Event, Tunnel, Value};

/// Runs a service with ports of this machine that lead to it, until it ends. `None` when it was stopped.
///
/// # Errors
/// A port is taken; the service cannot be started, or dies of something.
pub(crate) async fn up(
    session: Arc<SessionState>,
    node: NodeId,
    service: Arc<ServiceValue>,
    ports: Vec<(u16, u16)>,
    stop: CancellationToken,
) -> Result<Option<Value>, Cause> {
    let tunnels = ports.iter().map(|(host, port)| Ok(Tunnel { listener: listener(*host)?, port: *port }));
    let tunnels = tunnels.collect::<Result<Vec<_>, Cause>>()?;
    let lines: Vec<String> = tunnels
        .iter()
        .filter_map(|tunnel| {
            Some(format!("{} leads to its port {}", tunnel.listener.local_addr().ok()?, tunnel.port))
        })
        .collect();
    let instance = match instance::start(&session, &service, Wanted { told_as: node, tunnels }, &stop).await {
        Ok(instance) => instance,
        Err(Lost::Stopped) => return Ok(None),
        Err(lost) => return lost.cause(&service.name).map_or(Ok(None), Err),
    };
    let message = format!("`{}` runs until it is stopped: {}", service.name, lines.join(", "));
    session.context.engine.events.event(Event::Notice { message: message.into() });
    tokio::select! {
        () = stop.cancelled() => Ok(None),
        death = instance.until_dead() => match death.is_quiet() {
            true => Ok(Some(Value::Datum(Datum::Unit))),
            false => Err(death.cause(&service.name, true)),
        }
    }
}

/// Only this machine reaches it.
fn listener(port: u16) -> Result<TcpListener, Cause> {
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listening.map_err(|error| {
        let help =
            "`up(ports: [HOST: SERVICE])` says which port of this machine leads to which of the service";
        Cause::usage(format!("cannot listen at 127.0.0.1:{port}: {error}")).help(help)
    })
}
