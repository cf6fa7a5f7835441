//! A plan for machines.

use std::sync::Arc;

use pipe_engine::{Plan, PlanNode, PlanStatus};
use serde_json::{Value, json};

use super::Open;

/// `{"v":1,"nodes":[…],"actions":[…],"unknown":[…]}`, on one line.
pub(super) fn render(plan: &Plan, effects: &[Arc<str>], open: &[Open]) -> String {
    let nodes: Vec<Value> = plan.nodes.iter().map(node).collect();
    let unknown: Vec<Value> = open.iter().map(decision).collect();
    format!("{}\n", json!({ "v": 1, "nodes": nodes, "actions": effects, "unknown": unknown }))
}

fn decision(open: &Open) -> Value {
    let what = open.what.trim_matches('`');
    json!({ "what": what, "after": open.after, "file": open.file, "line": open.line })
}

fn node(node: &PlanNode) -> Value {
    let status = match &node.status {
        PlanStatus::Cached => "cached",
        PlanStatus::Action => "action",
        PlanStatus::Breakpoint => "breakpoint",
        PlanStatus::WillRun { .. } => "will-run",
        PlanStatus::Unknown { .. } | PlanStatus::NeedsGrant { .. } => "unknown",
        PlanStatus::Fails { .. } => "fails",
    };
    let origin = node.origins.first();
    json!({
        "id": node.node.0,
        "name": node.name,
        "operation": node.operation,
        "step": node.is_step,
        "status": status,
        "why": super::text::status(&node.status),
        "expected_ms": node.expected.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        "key": node.key.map(|key| key.to_string()),
        "file": origin.map(|origin| &origin.file),
        "line": origin.map(|origin| origin.line),
        "inputs": node.inputs.iter().map(|input| input.0).collect::<Vec<_>>(),
    })
}
