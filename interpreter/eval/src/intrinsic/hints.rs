//! Arguments of `run` and `check` that say how a step is run, and that are no part of what it is.

use std::sync::Arc;

use pipe_ops::{Hints, Limits};

use super::Call;
use crate::error::{self, Result};
use crate::machine::Machine;
use crate::value::Value;

/// More often than that a step is not run again.
const MAX_RETRIES: i64 = 100;
/// Processors: the kernel shares them out by the hundredth.
const CPUS: std::ops::RangeInclusive<f64> = 0.01..=1024.0;
/// The least memory in which a program can be started: what the kernel itself needs for that is counted, too.
const MIN_MEMORY: u64 = 6 << 20;
/// More processes than this no kernel has (`PID_MAX_LIMIT`).
const MAX_PIDS: i64 = 4 << 20;

impl Machine {
    /// How a step is run. `expect`: where the arguments begin that `run` and `check` share.
    pub(super) fn hints(&mut self, call: &Call<'_>, expect: usize, shell: Option<Arc<str>>) -> Result<Hints> {
        let timeout = self.timeout(call, expect + 2)?;
        let retries = self.whole(call, expect + 5, "`retries`", 0..=MAX_RETRIES, call.arg(expect + 5)?)?;
        let limits = Limits {
            millicpus: self.cpus(call, expect + 6)?,
            memory: self.memory(call, expect + 7)?,
            pids: match call.optional(self, expect + 8)? {
                None => None,
                Some(pids) => Some(self.whole(call, expect + 8, "`pids`", 1..=MAX_PIDS, pids)?),
            },
        };
        let fresh = match call.optional(self, expect + 9)? {
            None => None,
            Some(Value::Duration(nanoseconds)) if *nanoseconds >= 0 => Some(*nanoseconds),
            Some(_) => {
                return Err(error::invalid("an age is not less than nothing", call.arg_place(expect + 9)));
            }
        };
        Ok(Hints { timeout, shell, retries, limits, fresh })
    }

    pub(super) fn timeout(&mut self, call: &Call<'_>, index: usize) -> Result<Option<i64>> {
        let timeout = call.optional(self, index)?;
        timeout.map(|timeout| self.time_limit(call, index, "`timeout`", timeout)).transpose()
    }

    pub(super) fn time_limit(&self, call: &Call<'_>, index: usize, name: &str, value: &Value) -> Result<i64> {
        match value {
            Value::Duration(nanoseconds) if *nanoseconds > 0 => Ok(*nanoseconds),
            Value::Duration(_) => {
                Err(error::invalid("a timeout is longer than nothing", call.arg_place(index)))
            }
            other => Err(self.unusable(name, other, call.arg_place(index))),
        }
    }

    fn whole(
        &self,
        call: &Call<'_>,
        index: usize,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
        value: &Value,
    ) -> Result<u32> {
        let Value::Int(number) = value else { return Err(self.unusable(name, value, call.arg_place(index))) };
        let within = Some(*number).filter(|number| range.contains(number));
        within.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
            let message = format!("{name} is from {} to {}", range.start(), range.end());
            error::invalid(message, call.arg_place(index))
        })
    }

    fn cpus(&self, call: &Call<'_>, index: usize) -> Result<Option<u32>> {
        match call.optional(self, index)? {
            None => Ok(None),
            Some(Value::Float(cpus)) if CPUS.contains(&cpus.get()) => {
                Ok(Some((cpus.get() * 1000.0).round() as u32))
            }
            Some(Value::Float(_)) => {
                let message = format!("`cpus` is from {} to {}", CPUS.start(), CPUS.end());
                Err(error::invalid(message, call.arg_place(index)))
            }
            Some(other) => Err(self.unusable("`cpus`", other, call.arg_place(index))),
        }
    }

    fn memory(&self, call: &Call<'_>, index: usize) -> Result<Option<u64>> {
        match call.optional(self, index)? {
            None => Ok(None),
            Some(Value::Size(bytes)) if *bytes >= MIN_MEMORY => Ok(Some(*bytes)),
            Some(Value::Size(_)) => {
                let message = format!("no program can be started in less than {}MiB", MIN_MEMORY >> 20);
                Err(error::invalid(message, call.arg_place(index)))
            }
            Some(other) => Err(self.unusable("`memory`", other, call.arg_place(index))),
        }
    }
}
