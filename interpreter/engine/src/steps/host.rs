//! Ops that take something of the host in.

use pipe_ops::HostDir;

use super::OpContext;
use crate::Value;
use crate::failure::Cause;

pub(super) fn folder(context: &OpContext, dir: &HostDir) -> Result<Value, Cause> {
    context.host.folder(&context.engine, dir)
}

pub(super) fn file(context: &OpContext, path: &str) -> Result<Value, Cause> {
    context.host.file(&context.engine, path)
}
