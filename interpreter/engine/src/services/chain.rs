//! Steps of one chain that use one service: what the first writes to it the next may look for in vain.

use std::collections::HashMap;

use pipe_ops::{NodeId, Op, Output};

use crate::describe;
use crate::reach::Reach;

/// What a person should know of the nodes from this number on: a warning for each step that stands on another one with the same service.
pub(crate) fn warnings(reach: &Reach, first: usize) -> Vec<String> {
    let with_services = reach.nodes().iter().enumerate().skip(first).filter_map(|(number, needed)| {
        let exec = needed.node.op.command().filter(|_| needed.is_step())?;
        (!exec.services.is_empty()).then_some((number, exec))
    });
    let mut warnings = Vec::new();
    for (number, exec) in with_services {
        let bound: HashMap<NodeId, &str> =
            exec.services.iter().map(|binding| (binding.service.node, binding.alias.as_str())).collect();
        let mut below = Some(exec.root);
        while let Some(output) = below {
            let Some(needed) = reach.number(output.node).and_then(|number| reach.get(number)) else { break };
            let earlier = needed.node.op.command().filter(|_| needed.is_step());
            let services = earlier.iter().flat_map(|exec| &exec.services);
            let both = services.filter_map(|binding| bound.get(&binding.service.node)).next();
            if let (Some(alias), Some(later)) = (both, reach.nodes().get(number)) {
                let [later, earlier] = [later, needed].map(|needed| describe::name(&needed.node));
                warnings.push(format!(
                    "`{later}` stands on `{earlier}`, and both use the service `{alias}`: what `{earlier}` writes to it is not there for \
                     `{later}`, or gone when `{earlier}` is cached; do both in one command"
                ));
                break;
            }
            below = root_of(&needed.node.op);
        }
    }
    warnings
}

/// What a root that a node gives was made from.
fn root_of(op: &Op) -> Option<Output> {
    match op {
        Op::Exec(exec) => Some(exec.root),
        Op::Effect(_) | Op::Breakpoint(_) => op.command().map(|exec| exec.root),
        Op::Guard { exec, .. } => Some(*exec),
        Op::After { of, .. } => Some(*of),
        Op::Copy(copy) => Some(copy.into),
        Op::Write { into, .. } => Some(*into),
        Op::Remove { from, .. } => Some(*from),
        _ => None,
    }
}
