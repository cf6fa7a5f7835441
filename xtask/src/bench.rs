//! x
pub(crate) fn run(_: &[&str]) -> Result<(), String> { Err("later".into()) }
