//! How long the way from each node to the end of the graph is, by what steps took when they last ran.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pipe_store::Store;

use crate::describe;
use crate::reach::Reach;

/// What a step is taken to last that never ran.
const UNKNOWN: Duration = Duration::from_secs(1);

/// By number of the node: its own time and that of the longest way behind it. Only steps count; each name is looked up once.
/// `settled` nodes need no look.
pub(super) fn longest_paths(reach: &Reach, store: &Store, settled: impl Fn(u32) -> bool) -> Vec<Duration> {
    let mut known: HashMap<Arc<str>, Duration> = HashMap::new();
    let mut paths = vec![Duration::ZERO; reach.nodes().len()];
    for (number, needed) in reach.nodes().iter().enumerate().rev() {
        let consumers = reach.consumers(number as u32);
        let behind = consumers.filter_map(|consumer| paths.get(consumer as usize)).max();
        let behind = behind.copied().unwrap_or_default();
        let own = if needed.is_step() && !settled(number as u32) {
            *known.entry(describe::name(&needed.node)).or_insert_with_key(|name| {
                // A store that cannot answer only costs the order.
                store.last_duration(name).ok().flatten().unwrap_or(UNKNOWN)
            })
        } else {
            Duration::ZERO
        };
        if let Some(path) = paths.get_mut(number) {
            *path = behind.saturating_add(own);
        }
    }
    paths
}
