//! A plan for people.

use pipe_engine::{Plan, PlanNode, PlanStatus};

use super::Open;
use crate::progress::{human, printable};

/// A line a step (all nodes when `verbose`), then the decisions that wait for one, then the counts.
pub(super) fn render(plan: &Plan, open: &[Open], verbose: bool) -> String {
    let shown: Vec<&PlanNode> =
        plan.nodes.iter().filter(|node| node.is_step || verbose || speaks(&node.status)).collect();
    let width = shown.iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
    let mut text: String = shown.iter().map(|node| line(node, width)).collect();
    for open in open {
        let after = printable(&open.after, false);
        text.push_str(&format!(
            "{after:<width$}  decides what follows: {} waits for it  {}:{}\n",
            open.what, open.file, open.line
        ));
    }
    text.push_str(&counts(plan));
    text
}

/// A node that is no step matters when it stands in the way, or the run stops there.
fn speaks(status: &PlanStatus) -> bool {
    matches!(status, PlanStatus::NeedsGrant { .. } | PlanStatus::Fails { .. } | PlanStatus::Breakpoint)
}

fn line(node: &PlanNode, width: usize) -> String {
    let name = printable(&node.name, false);
    let expected = node.expected.map(|time| format!(", {} last time", human(time))).unwrap_or_default();
    let place =
        node.origins.first().map(|origin| format!("  {}:{}", origin.file, origin.line)).unwrap_or_default();
    format!("{name:<width$}  {}{expected}{place}\n", status(&node.status))
}

pub(in super::super) fn status(status: &PlanStatus) -> String {
    let text = match status {
        PlanStatus::Cached => "cached".to_owned(),
        PlanStatus::Action => "action".to_owned(),
        PlanStatus::Breakpoint => "breakpoint: opens a shell".to_owned(),
        PlanStatus::WillRun { reason: None } => "will run".to_owned(),
        PlanStatus::WillRun { reason: Some(reason) } => format!("will run: {reason}"),
        PlanStatus::Unknown { waits_for } => format!("unknown: waits for {}", waits_for.join(", ")),
        PlanStatus::NeedsGrant { flag } => format!("unknown: needs {flag}"),
        PlanStatus::Fails { reason } => format!("will fail: {reason}"),
    };
    printable(&text, false)
}

fn counts(plan: &Plan) -> String {
    let total = plan.nodes.iter().filter(|node| node.is_step).count();
    let cached = plan.count(|status| *status == PlanStatus::Cached);
    let runs = plan.count(|status| matches!(status, PlanStatus::WillRun { .. }));
    let steps = if total == 1 { "step" } else { "steps" };
    let actions = plan.count(|status| *status == PlanStatus::Action);
    let unknown = total.saturating_sub(cached + runs + actions);
    let parts = [(runs, "to run"), (cached, "cached"), (actions, "to do"), (unknown, "unknown")];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let time = match plan.expected() {
        Some(time) if runs > 0 => format!("; {} last time", human(time)),
        _ => String::new(),
    };
    if said.is_empty() {
        "no steps\n".to_owned()
    } else {
        format!("{total} {steps}: {}{time}\n", said.join(", "))
    }
}
