//! Secrets: read once and late, counted without being told, masked everywhere.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pipe_engine::{
    EngineOptions, Event, Exit, FailureClass, Grant, PlanStatus, SecretBytes, SecretPlace, SecretReader,
    StepState, Stream,
};
use pipe_ops::{Act, Arg, Effect, Exec, NodeId, Op, Output, SecretGiven, SecretUse, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, command, main, slot};
use crate::world::{Setup, World, open, reason, standard, text, values};

/// Has one secret, which can be changed; counts how often it is asked.
#[derive(Debug)]
struct Wallet {
    value: Mutex<String>,
    asked: AtomicUsize,
}

impl Wallet {
    fn with(value: &str) -> Arc<Wallet> {
        Arc::new(Wallet { value: Mutex::new(value.to_owned()), asked: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl SecretReader for Wallet {
    async fn read(&self, place: &SecretPlace) -> Result<SecretBytes, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match place {
            SecretPlace::Env(name) if name == "TOKEN" => {
                Ok(SecretBytes::new(self.value.lock().unwrap().clone().into_bytes()))
            }
            other => Err(format!("there is no {other:?}")),
        }
    }
}

fn options(world: &World, wallet: &Arc<Wallet>, allow: &[&str]) -> EngineOptions {
    let mut options = EngineOptions { secrets: wallet.clone(), ..world.options() };
    let grants = allow.iter().map(|grant| Grant::parse(grant, "/".as_ref(), None).unwrap());
    options.grants.all.extend(grants);
    options
}

fn setup(world: &World, wallet: &Arc<Wallet>) -> Setup {
    setup_with(world, options(world, wallet, &["secret:TOKEN", "secret:OTHER"]))
}

fn setup_with(world: &World, options: EngineOptions) -> Setup {
    let backend = standard(Closures::new(world.store.clone()))
        .with("tell", |call| {
            let token =
                call.secrets.env.get("TOKEN").map(|value| value.expose().to_vec()).unwrap_or_default();
            call.print(&token);
            call.complain(&token);
            Ok(Exit::Code(call.argv.get(1).map_or(0, |code| code.parse().unwrap())))
        })
        .with("leak", |call| {
            call.print("before");
            call.leak("/root/.npmrc", 0);
            Ok(Exit::Code(0))
        });
    world.setup(backend, options)
}

fn host(build: &mut Build, source: &str) -> Output {
    main(build.add("token", Op::HostSecret { source: source.into() }))
}

fn with_token(build: &mut Build, secret: Output, argv: &[&str], by_name: bool) -> NodeId {
    let root = build.scratch();
    let given = SecretUse { secret, given: SecretGiven::Env("TOKEN".into()), by_name };
    build.exec(argv[0], Exec { secrets: vec![given], ..command(root, argv) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_secret_is_read_once_and_nobody_sees_it() {
    let (world, wallet) = (World::new(), Wallet::with("hunter2-hunter2\n"));
    let setup = setup(&world, &wallet);
    let mut build = Build::default();
    let token = host(&mut build, "env:TOKEN");
    let one = with_token(&mut build, token, &["tell"], false);
    let two = with_token(&mut build, token, &["tell", "1"], false);
    let guard = build.guard(two, &[0]);
    let report = setup.run(&build.graph, &[slot(one, Slot::Stdout), main(guard)]).await;
    assert_eq!(text(report.outcomes[0].result.as_ref().unwrap()), "***");
    assert_eq!(report.failures[0].log_tail, b"******\n");
    assert_eq!(setup.events.log(Stream::Stdout), "******");
    assert_eq!(wallet.asked.load(Ordering::Relaxed), 1);
    // Not in the store: not as a log, not in what its keys are made of.
    let mut files = vec![world.store.dir().to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(7).any(|part| part == b"hunter2"), "{}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_secret_counts_by_its_value_unless_by_name() {
    let (world, wallet) = (World::new(), Wallet::with("hunter2-hunter2"));
    for (value, by_name, runs) in [
        ("hunter2-hunter2", false, 1),
        ("hunter2-hunter2", false, 0),
        ("another-secret", false, 1),
        ("hunter2-hunter2", false, 0),
        ("hunter2-hunter2", true, 1),
        ("another-secret", true, 0),
    ] {
        *wallet.value.lock().unwrap() = value.to_owned();
        let setup = setup(&world, &wallet);
        let mut build = Build::default();
        let token = host(&mut build, "env:TOKEN");
        let step = with_token(&mut build, token, &["tell"], by_name);
        values(&setup.run(&build.graph, &[main(step)]).await);
        assert_eq!(setup.backend.runs(), runs, "{value} {by_name}");
    }
}

/// Two stores have keys of their own, so nobody can tell from a key that both know the same secret; with one that they share they can
/// share results.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn stores_with_a_common_key_have_common_keys() {
    let world = World::new();
    let mut keys = Vec::new();
    for (store, cache_key) in
        [("a", None), ("a", None), ("b", None), ("a", Some("k1")), ("b", Some("k1")), ("b", Some("k2"))]
    {
        let world =
            World { store: open(&world.folder.path().join(store)), folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(world.package()).unwrap();
        let mut options = options(&world, &Wallet::with("hunter2-hunter2"), &["secret:TOKEN"]);
        options.cache_key = cache_key.map(|key| SecretBytes::new(key.as_bytes().to_vec()));
        let setup = setup_with(&world, options);
        let mut build = Build::default();
        let token = host(&mut build, "env:TOKEN");
        let step = with_token(&mut build, token, &["tell"], false);
        setup.run(&build.graph, &[main(step)]).await;
        let events = setup.events.0.lock().unwrap();
        let key = events.iter().find_map(|event| match event {
            Event::Step { key, state: StepState::Ran | StepState::Cached, .. } => *key,
            _ => None,
        });
        keys.push(key.unwrap());
    }
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[3], keys[4]);
    let mut different = vec![keys[0], keys[2], keys[3], keys[5]];
    different.dedup();
    assert_eq!(different.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_random_secret_stays_and_another_stores_is_as_good() {
    let world = World::new();
    let mut told = Vec::new();
    for store in ["a", "a", "b"] {
        let world =
            World { store: open(&world.folder.path().join(store)), folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(world.package()).unwrap();
        let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
        let backend = Closures::new(world.store.clone()).with("note", {
            let seen = seen.clone();
            move |call| {
                *seen.lock().unwrap() = call.secrets.env["TOKEN"].expose().to_vec();
                call.print(call.secrets.env["TOKEN"].expose());
                Ok(Exit::Code(0))
            }
        });
        let setup = world.setup(backend, EngineOptions { no_cache: true, ..world.options() });
        let mut build = Build::default();
        let secret = main(build.add("s", Op::RandomSecret { place: "f main.pipe:1".into() }));
        let step = with_token(&mut build, secret, &["note"], false);
        let plan = setup.engine.plan(&build.graph, &[main(step)]).await.unwrap();
        let report = setup.run(&build.graph, &[slot(step, Slot::Stdout)]).await;
        assert_eq!(text(&values(&report)[0]), "***");
        told.push((seen.lock().unwrap().clone(), plan.nodes.last().unwrap().key.unwrap()));
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0].0, told[2].0);
    assert_eq!(told[0].1, told[2].1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_cannot_be_had_is_told_before_the_step_runs() {
    let (world, wallet) = (World::new(), Wallet::with("tiny"));
    let token = |build: &mut Build, source: &str| {
        let token = host(build, source);
        with_token(build, token, &["tell"], false)
    };
    for (source, told) in [
        ("env:OTHER", "the secret `env:OTHER` cannot be had: there is no Env(\"OTHER\")"),
        (
            "env:TOKEN",
            "the secret `env:TOKEN` has fewer than 6 bytes: it could not be masked in what steps print",
        ),
    ] {
        let setup = setup(&world, &wallet);
        let mut build = Build::default();
        let step = token(&mut build, source);
        let report = setup.run(&build.graph, &[main(step)]).await;
        assert_eq!(reason(&report, 0), told);
        assert_eq!((report.failures[0].class, setup.backend.runs()), (FailureClass::Usage, 0));
    }
    let mut build = Build::default();
    let step = token(&mut build, "env:TOKEN");
    let setup = setup_with(&world, options(&world, &wallet, &["secret:TOKEN", "short-secrets"]));
    assert_eq!(text(&values(&setup.run(&build.graph, &[slot(step, Slot::Stdout)]).await)[0]), "tiny");
    // Without its grant nothing begins.
    let setup = setup_with(&world, options(&world, &wallet, &[]));
    assert!(setup.try_run(&build.graph, &[main(step)]).await.is_err());
    let mut build = Build::default();
    let fake = main(build.add("s", Op::FakeSecret { name: "s".into() }));
    let step = with_token(&mut build, fake, &["tell"], false);
    let report = setup.run(&build.graph, &[main(step)]).await;
    assert!(reason(&report, 0).contains("which has no value"), "{}", reason(&report, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_plan_reads_no_secret() {
    let (world, wallet) = (World::new(), Wallet::with("hunter2-hunter2"));
    let setup = setup(&world, &wallet);
    let mut build = Build::default();
    let token = host(&mut build, "env:TOKEN");
    let step = with_token(&mut build, token, &["tell"], false);
    let plan = setup.engine.plan(&build.graph, &[main(step)]).await.unwrap();
    let PlanStatus::Unknown { waits_for } = &plan.nodes.last().unwrap().status else { panic!("{plan:?}") };
    assert_eq!(
        waits_for.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["the secret env:TOKEN, which a plan does not read"]
    );
    assert_eq!(wallet.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_step_that_leaves_a_secret_fails_and_leaves_nothing() {
    let (world, wallet) = (World::new(), Wallet::with("hunter2-hunter2"));
    let setup = setup(&world, &wallet);
    let mut build = Build::default();
    let token = host(&mut build, "env:TOKEN");
    let step = with_token(&mut build, token, &["leak"], false);
    let report = setup.run(&build.graph, &[main(step)]).await;
    assert_eq!(
        reason(&report, 0),
        "`/root/.npmrc` holds the secret `env:TOKEN`: nothing that the step wrote is kept"
    );
    assert!(report.failures[0].help.as_ref().unwrap().contains("allow_secret_in: [\"/root/.npmrc\"]"));
    assert_eq!(
        (report.failures[0].class, &*report.failures[0].log_tail),
        (FailureClass::Pipeline, &b"before\n"[..])
    );
    assert!(world.steps().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_is_told_a_person_has_no_secret() {
    let (world, wallet) = (World::new(), Wallet::with("hunter2-hunter2"));
    let setup = setup(&world, &wallet);
    let mut build = Build::default();
    let token = host(&mut build, "env:TOKEN");
    let step = with_token(&mut build, token, &["tell"], false);
    let effect = |act, after| {
        let effect = Effect { name: "tell hunter2-hunter2".into(), act, after, cleanup: false };
        Op::Effect(Box::new(effect))
    };
    let notice = build.add("n", effect(Act::Notify(Arg::text("hunter2-hunter2 it is")), vec![main(step)]));
    let asked = build.add("a", effect(Act::Approve(Arg::text("use hunter2-hunter2?")), vec![main(notice)]));
    let report = setup.run(&build.graph, &[main(asked)]).await;
    assert!(!format!("{:?}", report.failures).contains("hunter2"), "{:?}", report.failures);
    assert_eq!(reason(&report, 0), "waits for an answer: use ***?");
    let events = format!("{:?}", setup.events.0.lock().unwrap());
    assert!(
        events.contains("*** it is") && events.contains("tell ***") && !events.contains("hunter2"),
        "{events}"
    );
}
