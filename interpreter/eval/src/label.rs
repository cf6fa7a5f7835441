//! Names for people: the function a node or check came from, with the arguments that differ from their defaults: `unit 8.4`.

use std::sync::Arc;

use pipe_analysis::typed::FunctionParam;
use pipe_ops::pure;

use crate::frame::Frame;
use crate::machine::{Machine, Site};
use crate::value::Value;

/// A longer argument is cut.
const LONGEST: usize = 40;

impl Machine {
    /// What people call the function that `frame` belongs to.
    pub(crate) fn label(&mut self, frame: &Arc<Frame>) -> Arc<str> {
        if let Some(label) = frame.label.get() {
            return label.clone();
        }
        let mut label = frame.title.to_string();
        if let Some((function, given)) = &frame.call {
            let site = Site { place: frame.place(function.origin.name), name: frame.title.clone() };
            let declaration = Frame::item(function.origin.clone(), function.global.name.clone());
            for (index, (param, value)) in function.params.iter().zip(given).enumerate() {
                let Some(value) = value else { continue };
                let Some(text) = shown(value) else { continue };
                let key = (&function.global, 0, index);
                if !self.is_default(key, param, &declaration, &text, &site) {
                    label.push(' ');
                    label.push_str(&text);
                }
            }
        }
        frame.label.get_or_init(|| label.into()).clone()
    }

    /// Whether the default of a parameter reads as `text` too.
    fn is_default(
        &mut self,
        key: (&pipe_analysis::typed::Global, usize, usize),
        param: &FunctionParam,
        declaration: &Arc<Frame>,
        text: &str,
        site: &Site,
    ) -> bool {
        // A default that fails is no reason to fail here: it is not needed.
        param.default.is_some()
            && self
                .aside(|machine| machine.default(key, param, declaration, &site.place))
                .is_ok_and(|value| shown(&value).as_deref() == Some(text))
    }
}

/// The text form of a value that has one and is known, on one line.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::Text(text) => text.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => pure::text_form(&pipe_ops::Datum::Float(*number)).ok()?,
        Value::Duration(nanoseconds) => pure::text_form(&pipe_ops::Datum::Duration(*nanoseconds)).ok()?,
        Value::Size(bytes) => pure::text_form(&pipe_ops::Datum::Size(*bytes)).ok()?,
        Value::Variant(variant) => pure::kebab_case(&variant.decl.variants.get(variant.index)?.name),
        Value::Optional(Some(value)) => shown(value)?,
        _ => return None,
    };
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cut = if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain(['…']).collect()
    } else {
        text
    };
    Some(cut)
}
