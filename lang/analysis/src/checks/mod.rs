//! Checks beyond types: one file each. Each finding is built by a small function beside the check that makes it.

mod access;
mod cycles;
mod data;
mod demands;
mod effects;
mod exhaustive;
pub(crate) mod hole;
mod host;
mod intrinsics;
mod module;
mod permissions;
mod recursive_types;
mod unused;
mod unused_value;
mod walk;

pub(crate) use access::private;
pub(crate) use cycles::call_cycles;
pub(crate) use data::{can_be_key, has_text_form, no_data, no_order};
pub(crate) use demands::{not_a_key, not_comparable, not_ordered, unmet_demands};
pub(crate) use effects::{
    expect_outside_test, gate_outside_action, misplaced_do, no_such_param, not_an_action,
};
pub(crate) use exhaustive::exhaustive;
pub(crate) use host::{host_access, reads_host};
pub(crate) use module::{module_findings, name_span};
pub(crate) use recursive_types::type_cycles;
pub(crate) use unused::unused_lets;
pub(crate) use unused_value::unused_value;
pub(crate) use walk::{for_each_name, for_each_script};
