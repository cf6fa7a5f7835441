//! One effect, and the checks that gate what comes next.

use std::sync::Arc;

use pipe_ops::{Act, Arg, Effect as EffectOp, NodeId, Op, Output};

use super::State;
use crate::demand::Part;
use crate::error::Result;
use crate::machine::{Machine, Site, main, symbolic};
use crate::simulation::Told;
use crate::value::{CheckValue, ContainerValue, Described, Effect, Gives, Value};

impl Machine {
    pub(super) fn effect(&mut self, described: &Described) -> Result<Value> {
        let site = &described.site;
        let course = self.course(&site.place)?;
        let (after, cleanup) = (course.after.clone(), course.cleanup);
        let act = described.act.clone();
        let effect = EffectOp { name: described.name.clone(), act, after, cleanup };
        let node = self.add(Op::Effect(Box::new(effect)), site, described.hints.clone())?;
        let result = match &described.gives {
            Gives::Nothing => Value::Unit,
            Gives::Container(left) => left.after(node, node).into(),
            Gives::Value(ty) => symbolic(main(node), ty),
        };
        let (name, operation) = (described.name.clone(), described.operation.clone());
        let output = main(node);
        let (detail, failed) = (self.detail(&described.act).into(), self.fails(described, node)?);
        let course = self.course(&site.place)?;
        let place = site.place.clone();
        course.effects.push(Arc::new(Effect { name, operation, output, place, detail, failed }));
        course.after = vec![output];
        if failed {
            course.stop(&[output]);
            return Ok(self.stopped_value());
        }
        Ok(result)
    }

    /// Whether an effect fails in a simulation, by what is said of it.
    fn fails(&mut self, described: &Described, node: NodeId) -> Result<bool> {
        let Some(simulation) = &mut self.course(&described.site.place)?.simulation else { return Ok(false) };
        if let Act::Approve(_) = &described.act {
            return simulation.ask(&described.name).map(|yes| !yes);
        }
        let told = simulation.tell(node, |name| name == &*described.name);
        if told.is_none()
            && let (Act::Perform(exec), Gives::Container(container)) = (&described.act, &described.gives)
            && container.config.fake.is_some()
        {
            return Ok(self.learn_of_fake(container, &exec.argv, node).exit_code != 0);
        }
        Ok(told.is_some_and(|told| told.exit_code != 0))
    }

    /// What a fake container says of a command that a simulation performs in it.
    fn learn_of_fake(&mut self, container: &ContainerValue, argv: &[Arg], node: NodeId) -> Arc<Told> {
        let text = self.command_text(argv);
        let told = container.said_of(&text);
        if let Some(simulation) = self.course.as_mut().and_then(|course| course.simulation.as_mut()) {
            simulation.learn(node, told.clone());
        }
        told
    }

    /// What an effect says or does.
    fn detail(&mut self, act: &Act) -> String {
        match act {
            Act::Sleep(said) | Act::Approve(said) | Act::Notify(said) => self.partial_text(said),
            Act::Export { path, .. } => path.clone(),
            Act::Perform(exec) => self.command_text(&exec.argv),
            Act::Up { ports, .. } => {
                let ports = ports.iter().map(|(host, port)| format!("{host}: {port}"));
                ports.collect::<Vec<_>>().join(", ")
            }
            Act::Push { reference, .. } | Act::Load { reference, .. } => self.partial_text(reference),
            Act::Attach { image, media_type, .. } => {
                format!("{} to {}", self.partial_text(media_type), self.partial_text(image))
            }
        }
    }

    /// A command on one line, as far as it is known: its words, or its script.
    pub(crate) fn command_text(&mut self, argv: &[Arg]) -> String {
        let words: Vec<String> = argv.iter().map(|arg| self.partial_text(arg)).collect();
        match &words[..] {
            [.., option, script] if option == "-c" => script.clone(),
            words => words.join(" "),
        }
    }

    /// `gate check`: nothing happens behind it unless the check holds.
    pub(crate) fn gate_on(&mut self, check: &CheckValue, site: &Site) -> Result<()> {
        if self.course(&site.place)?.state != State::Going {
            return Ok(());
        }
        let mut parts = Vec::new();
        self.parts(check, &mut parts, site)?;
        let course = self.course(&site.place)?;
        for part in &parts {
            course.after.extend(&part.judged);
        }
        let lost: Vec<Output> = parts.iter().flat_map(|part| part.lost.clone()).collect();
        if check.waits {
            course.stop(&lost);
        }
        if let Some(simulation) = &mut course.simulation {
            // A gate holds unless the test says otherwise.
            let mut fails = |part: &Part| {
                let node = part.exec.or_else(|| part.judged.first().map(|output| output.node));
                let told = node.and_then(|exec| simulation.tell(exec, |name| name == &*part.name));
                told.is_some_and(|told| told.exit_code != 0) && !part.lenient
            };
            let failed = parts.iter().filter(|part| part.fails_here || fails(part));
            let failed: Vec<Output> = failed.flat_map(|part| part.judged.clone()).collect();
            if !failed.is_empty() {
                course.stop(&failed);
            }
        }
        course.gates.extend(parts);
        Ok(())
    }
}
