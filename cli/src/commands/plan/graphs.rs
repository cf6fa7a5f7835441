//! A plan as a picture: Graphviz and Mermaid.

use pipe_engine::{Plan, PlanNode, PlanStatus};

use crate::progress::printable;

/// Graphviz' DOT language.
pub(super) fn dot(plan: &Plan) -> String {
    let mut text =
        "digraph plan {\n  rankdir=LR;\n  node [shape=box, style=filled, fontname=\"sans-serif\"];\n"
            .to_owned();
    for node in &plan.nodes {
        let label = dot_quoted(&label(node));
        text.push_str(&format!(
            "  n{} [label={label}, fillcolor=\"{}\"];\n",
            node.node.0,
            color(&node.status)
        ));
    }
    for (from, to) in edges(plan) {
        text.push_str(&format!("  n{from} -> n{to};\n"));
    }
    text + "}\n"
}

/// Mermaid's flowcharts.
pub(super) fn mermaid(plan: &Plan) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for node in &plan.nodes {
        let id = node.node.0;
        text.push_str(&format!(
            "  n{id}[\"{}\"]\n  style n{id} fill:{}\n",
            mermaid_escaped(&label(node)),
            color(&node.status)
        ));
    }
    for (from, to) in edges(plan) {
        text.push_str(&format!("  n{from} --> n{to}\n"));
    }
    text
}

fn label(node: &PlanNode) -> String {
    format!("{}\n{}", printable(&node.name, false), super::text::status(&node.status))
}

fn edges(plan: &Plan) -> impl Iterator<Item = (u32, u32)> {
    plan.nodes.iter().flat_map(|node| node.inputs.iter().map(|input| (input.0, node.node.0)))
}

fn color(status: &PlanStatus) -> &'static str {
    match status {
        PlanStatus::Cached => "#d5f5d5",
        PlanStatus::Action | PlanStatus::Breakpoint => "#d9e8fb",
        PlanStatus::WillRun { .. } => "#fff2cc",
        PlanStatus::Unknown { .. } | PlanStatus::NeedsGrant { .. } => "#e8e8e8",
        PlanStatus::Fails { .. } => "#f8cecc",
    }
}

fn dot_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// Mermaid takes HTML entities and `<br>` inside quotes.
fn mermaid_escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(dot_quoted("a\"b\\\n"), "\"a\\\"b\\\\\\n\"");
        assert_eq!(mermaid_escaped("<a \"b\">\n"), "&lt;a &quot;b&quot;&gt;<br>");
    }
}
