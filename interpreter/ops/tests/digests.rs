//! Laws of definition digests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_ops::*;
use proptest::prelude::*;

fn output(node: u32, slot: Slot) -> Output {
    Output { node: NodeId(node), slot }
}

/// A graph with two nodes to name: 0 and 1.
fn ground() -> Graph {
    let mut graph = Graph::default();
    graph.add(Op::Empty, None, Hints::default()).unwrap();
    graph.add(Op::Toolchain, None, Hints::default()).unwrap();
    graph
}

fn digest(op: &Op) -> OpDigest {
    let mut graph = ground();
    let id = graph.add(op.clone(), None, Hints::default()).unwrap();
    graph.get(id).unwrap().digest
}

/// Short texts over a small alphabet, so that different values come near each other.
fn text() -> impl Strategy<Value = String> {
    "[ab]{0,2}"
}

fn any_output() -> impl Strategy<Value = Output> {
    let slot = prop_oneof![
        Just(Slot::Main),
        Just(Slot::Root),
        (0u32..2).prop_map(Slot::Mount),
        Just(Slot::Stdout),
        Just(Slot::Stderr),
        Just(Slot::ExitCode),
        Just(Slot::Config),
        Just(Slot::Digests)
    ];
    (0u32..2, slot).prop_map(|(node, slot)| output(node, slot))
}

fn datum() -> impl Strategy<Value = Datum> {
    let leaf = prop_oneof![
        Just(Datum::Unit),
        any::<bool>().prop_map(Datum::Bool),
        (0i64..3).prop_map(Datum::Int),
        (0i64..3).prop_map(Datum::Duration),
        (0u64..3).prop_map(Datum::Size),
        prop_oneof![Just(0.0), Just(1.0), Just(f64::NAN)].prop_map(|value| Datum::Float(Float::new(value))),
        text().prop_map(Datum::text),
        Just(Datum::Optional(None)),
    ];
    leaf.prop_recursive(2, 8, 2, |inner| {
        let named = || (text(), inner.clone()).prop_map(|(name, value)| (Arc::<str>::from(name), value));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Datum::List),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Datum::Tuple),
            prop::collection::vec((inner.clone(), inner.clone()), 0..2).prop_map(Datum::Map),
            inner.clone().prop_map(|value| Datum::Optional(Some(Box::new(value)))),
            (text(), prop::collection::vec(named(), 0..2))
                .prop_map(|(name, fields)| Datum::Record { name: name.into(), fields }),
            (text(), text(), prop::collection::vec(named(), 0..2)).prop_map(|(name, variant, payload)| {
                Datum::Variant { name: name.into(), variant: variant.into(), payload }
            }),
        ]
    })
}

fn arg() -> impl Strategy<Value = Arg> {
    prop_oneof![datum().prop_map(Arg::Const), any_output().prop_map(Arg::Output)]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(text(), 0..3)
}

fn exec() -> impl Strategy<Value = Op> {
    let sharing = prop_oneof![Just(Sharing::Shared), Just(Sharing::Locked), Just(Sharing::Private)];
    let shown = prop_oneof![
        any_output().prop_map(Mounted::Tree),
        any_output().prop_map(Mounted::File),
        (text(), prop::option::of(text()), sharing)
            .prop_map(|(name, group, sharing)| Mounted::Cache(CacheVolume { name, group, sharing })),
        prop::option::of(any::<u64>()).prop_map(|size| Mounted::Tmpfs { size }),
    ];
    let mount = (text(), shown).prop_map(|(path, shown)| Mount { path, shown });
    let network = prop_oneof![Just(Network::Off), Just(Network::Outbound), Just(Network::Host)];
    let env = prop::collection::vec((text(), arg()), 0..3).prop_map(|pairs| pairs.into_iter().collect());
    (
        any_output(),
        prop::collection::vec(mount, 0..2),
        prop::collection::vec(arg(), 0..3),
        env,
        text(),
        prop::option::of(text()),
        text(),
        network,
        prop::option::of(arg()),
        (prop::option::of(any_output()), texts(), bindings(), texts(), confidential(), any::<bool>()),
    )
        .prop_map(|(root, mounts, argv, env, workdir, user, platform, network, stdin, rest)| {
            let (image, unset_env, services, volatile_env, confidential, privileged) = rest;
            let (secrets, ssh_agent, allow_secret_in) = confidential;
            Op::Exec(Box::new(Exec {
                root,
                image,
                mounts,
                argv,
                env,
                unset_env,
                volatile_env,
                workdir: workdir.into(),
                user,
                platform: platform.into(),
                network,
                stdin,
                services,
                secrets,
                ssh_agent,
                allow_secret_in,
                privileged,
            }))
        })
}

fn bindings() -> impl Strategy<Value = Vec<Binding>> {
    let binding = (text(), any_output(), any::<bool>());
    let binding = binding.prop_map(|(alias, service, localhost)| Binding { alias, service, localhost });
    prop::collection::vec(binding, 0..2)
}

fn confidential() -> impl Strategy<Value = (Vec<SecretUse>, bool, Vec<String>)> {
    let given = prop_oneof![
        text().prop_map(SecretGiven::Env),
        (text(), 0u32..2, prop::option::of(text())).prop_map(|(path, mode, owner)| SecretGiven::File {
            path,
            mode,
            owner
        }),
        (text(), arg()).prop_map(|(registry, username)| SecretGiven::Login { registry, username }),
    ];
    let given = (any_output(), given, any::<bool>()).prop_map(|(secret, given, by_name)| SecretUse {
        secret,
        given,
        by_name,
    });
    (prop::collection::vec(given, 0..3), any::<bool>(), texts())
}

fn copy() -> impl Strategy<Value = Op> {
    let (owner, mode) = (prop::option::of(text()), prop::option::of(0u32..2));
    (any_output(), arg(), any_output(), any::<bool>(), owner, mode, texts(), texts()).prop_map(
        |(into, path, source, is_file, owner, mode, include, exclude)| {
            Op::Copy(Box::new(Copy { into, path, source, is_file, owner, mode, include, exclude }))
        },
    )
}

fn gather() -> impl Strategy<Value = Op> {
    let source = (any_output(), arg()).prop_map(|(tree, pattern)| GatherSource { tree, pattern });
    let sources = prop::collection::vec(source, 0..3);
    let (owner, mode) = (prop::option::of(arg()), prop::option::of(0u32..2));
    (any_output(), arg(), any::<bool>(), sources, owner, mode, texts(), any::<bool>()).prop_map(
        |(into, path, folder, sources, owner, mode, exclude, parents)| {
            Op::Gather(Box::new(Gather { into, path, folder, sources, owner, mode, exclude, parents }))
        },
    )
}

fn git_query() -> impl Strategy<Value = GitQuery> {
    prop_oneof![
        Just(GitQuery::Tree),
        Just(GitQuery::TreeWithSubmodules),
        Just(GitQuery::Commit),
        Just(GitQuery::Branch),
        Just(GitQuery::Tags),
        Just(GitQuery::Describe),
        Just(GitQuery::Dirty),
        Just(GitQuery::Time),
        (arg(), arg()).prop_map(|(a, b)| GitQuery::MergeBase(a, b)),
        (arg(), arg()).prop_map(|(a, b)| GitQuery::Diff(a, b)),
        (arg(), text()).prop_map(|(limit, record)| GitQuery::Log { limit, record: record.into() }),
    ]
}

fn inspection() -> impl Strategy<Value = Inspection> {
    prop_oneof![
        Just(Inspection::Entries),
        arg().prop_map(Inspection::Glob),
        Just(Inspection::Digest),
        Just(Inspection::Size)
    ]
}

fn named() -> impl Strategy<Value = BTreeMap<String, Arg>> {
    prop::collection::btree_map(text(), arg(), 0..2)
}

fn assembly() -> impl Strategy<Value = Op> {
    let base = (any_output(), any_output()).prop_map(|(root, digests)| BaseImage { root, digests });
    let of = (any_output(), prop::option::of(base), text(), any::<bool>(), prop::option::of(text()), texts());
    let args = || prop::option::of(arg());
    let set = (named(), named(), named(), (args(), args(), args()), texts(), prop::option::of(texts()));
    (of, set).prop_map(|((root, base, platform, whole, user, unset_env), set)| {
        let (env, labels, annotations, (workdir, entrypoint, command), ports, shell) = set;
        Op::Assemble(Box::new(Assembly {
            root,
            base,
            platform,
            whole,
            env,
            unset_env,
            workdir,
            user,
            entrypoint,
            command,
            labels,
            annotations,
            ports,
            shell,
        }))
    })
}

fn account() -> impl Strategy<Value = Account> {
    (arg(), any_output()).prop_map(|(username, password)| Account { username, password })
}

fn header() -> impl Strategy<Value = SecretHeader> {
    (text(), text(), any_output()).prop_map(|(name, prefix, secret)| SecretHeader { name, prefix, secret })
}

fn sent() -> impl Strategy<Value = Op> {
    let auth = account();
    let act = prop_oneof![
        (any_output(), arg(), prop::option::of(auth)).prop_map(|(image, reference, auth)| Act::Push {
            image,
            reference,
            auth
        }),
        (any_output(), arg()).prop_map(|(image, reference)| Act::Load { image, reference }),
        (arg(), arg(), any_output()).prop_map(|(image, media_type, file)| Act::Attach {
            image,
            media_type,
            file
        }),
        arg().prop_map(Act::Notify),
    ];
    (text(), act).prop_map(|(name, act)| {
        Op::Effect(Box::new(Effect { name: name.into(), act, after: Vec::new(), cleanup: false }))
    })
}

fn form() -> impl Strategy<Value = PackForm> {
    prop_oneof![Just(PackForm::Tar), Just(PackForm::Zip), Just(PackForm::Checksums)]
}

fn op() -> impl Strategy<Value = Op> {
    let at = || (any_output(), arg());
    let declared = (text(), prop::collection::vec(any_output(), 0..2), prop::collection::vec(datum(), 0..2));
    prop_oneof![
        Just(Op::Empty),
        Just(Op::Toolchain),
        (text(), texts(), texts()).prop_map(|(path, include, exclude)| Op::HostDir(HostDir {
            path,
            include,
            exclude
        })),
        text().prop_map(|path| Op::HostFile { path }),
        (arg(), text(), prop::option::of(0i64..2)).prop_map(|(reference, platform, fresh)| Op::Image {
            reference,
            platform,
            fresh
        }),
        (any_output(), text()).prop_map(|(file, platform)| Op::Archive { file, platform }),
        (arg(), prop::option::of(arg()), prop::collection::vec(header(), 0..2))
            .prop_map(|(url, sha256, headers)| Op::Http { url, sha256, headers }),
        (arg(), arg(), any::<bool>(), prop::option::of(account())).prop_map(
            |(url, reference, submodules, account)| Op::Checkout { url, reference, submodules, account }
        ),
        text().prop_map(|name| Op::HostEnv { name }),
        text().prop_map(|source| Op::HostSecret { source }),
        text().prop_map(|place| Op::RandomSecret { place }),
        text().prop_map(|name| Op::FakeSecret { name }),
        exec(),
        assembly(),
        sent(),
        prop::collection::vec(any_output(), 0..3).prop_map(|images| Op::Index { images }),
        any_output().prop_map(|image| Op::Tarball { image }),
        (0u32..2, prop::collection::vec(0i32..3, 0..3))
            .prop_map(|(node, success)| Op::Guard { exec: output(node, Slot::Main), success }),
        at().prop_map(|(tree, path)| Op::Subdir { tree, path }),
        at().prop_map(|(tree, path)| Op::Subfile { tree, path }),
        at().prop_map(|(from, path)| Op::Remove { from, path }),
        copy(),
        gather(),
        (any_output(), text()).prop_map(|(tree, dockerfile)| Op::BuildContext { tree, dockerfile }),
        (at(), arg(), 0u32..2).prop_map(|((into, path), text, mode)| Op::Write { into, path, text, mode }),
        any_output().prop_map(|file| Op::Contents { file }),
        (any::<bool>(), any::<bool>()).prop_map(|(history, submodules)| Op::Repo { history, submodules }),
        (any_output(), git_query()).prop_map(|(repo, query)| Op::Git { repo, query }),
        (any_output(), inspection()).prop_map(|(of, what)| Op::Inspect { of, what }),
        (any_output(), any_output()).prop_map(|(from, to)| Op::Difference { from, to }),
        (any_output(), form()).prop_map(|(tree, form)| Op::Pack { tree, form }),
        (any_output(), any::<bool>()).prop_map(|(file, root)| Op::Unpack { file, root }),
        (text(), prop::collection::vec(arg(), 0..3))
            .prop_map(|(function, args)| Op::Apply { function: function.into(), args }),
        declared.prop_map(|(operation, inputs, args)| Op::Declared {
            operation: operation.into(),
            inputs,
            args
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Equal ops have equal digests, different ones different digests.
    #[test]
    fn digests_are_injective(a in op(), b in op()) {
        prop_assert_eq!(a == b, digest(&a) == digest(&b), "{:?} and {:?}", a, b);
    }

    /// Two execs of which everything but one field is the same.
    #[test]
    fn neighbours_differ(a in exec(), b in exec(), pick in 0usize..9) {
        let (Op::Exec(a), Op::Exec(b)) = (a, b) else { return Ok(()) };
        let mut mixed = (*a).clone();
        match pick {
            0 => mixed.root = b.root,
            1 => mixed.mounts = b.mounts,
            2 => mixed.argv = b.argv,
            3 => mixed.env = b.env,
            4 => mixed.workdir = b.workdir,
            5 => mixed.user = b.user,
            6 => mixed.platform = b.platform,
            7 => mixed.network = b.network,
            _ => mixed.stdin = b.stdin,
        }
        let same = *a == mixed;
        prop_assert_eq!(same, digest(&Op::Exec(a)) == digest(&Op::Exec(Box::new(mixed))));
    }

    /// The order in which variables are set does not count.
    #[test]
    fn order_of_variables_does_not_count(pairs in prop::collection::btree_map(text(), arg(), 0..4), root in any_output()) {
        let exec = |env: Named<Arg>| {
            Op::Exec(Box::new(Exec {
                root, image: None, mounts: vec![], argv: vec![], env, unset_env: vec![], volatile_env: vec![], workdir: "/".into(), user: None,
                platform: "linux/amd64".into(), network: Network::Off, stdin: None, services: Vec::new(),
                secrets: vec![], ssh_agent: false, allow_secret_in: vec![], privileged: false,
            }))
        };
        let reversed = pairs.clone().into_iter().rev().collect();
        prop_assert_eq!(digest(&exec(pairs.into_iter().collect())), digest(&exec(reversed)));
    }
}

fn origin(line: u32) -> Origin {
    Origin { file: "main.pipe".into(), start: line, end: line + 1, line, name: "build".into() }
}

#[test]
fn equal_ops_are_one_node_with_all_its_origins() {
    let mut graph = ground();
    let op = Op::HostFile { path: "VERSION".into() };
    let hints =
        |timeout, shell: Option<&str>| Hints { timeout, shell: shell.map(Arc::from), ..Hints::default() };
    let first = graph.add(op.clone(), Some(origin(1)), hints(Some(1), None)).unwrap();
    let again = graph.add(op.clone(), Some(origin(2)), hints(Some(2), Some("/bin/sh"))).unwrap();
    graph.add(op.clone(), Some(origin(2)), hints(Some(1), None)).unwrap();
    assert_eq!(first, again);
    assert_eq!(graph.len(), 3);
    let node = graph.get(first).unwrap();
    assert_eq!(node.origins, [origin(1), origin(2)]);
    assert_eq!(*node.hints, hints(Some(2), Some("/bin/sh")));
    assert_eq!(node.digest, digest(&op));

    graph.add(op, None, hints(None, None)).unwrap();
    assert_eq!(graph.get(first).unwrap().hints.timeout, None);
}

#[test]
fn a_node_that_is_made_everywhere_remembers_the_first_places() {
    let mut graph = Graph::default();
    for line in 1..100 {
        graph.add(Op::Empty, Some(origin(line)), Hints::default()).unwrap();
    }
    let lines: Vec<u32> = graph.get(NodeId(0)).unwrap().origins.iter().map(|origin| origin.line).collect();
    assert_eq!(lines, (1..=MAX_ORIGINS as u32).collect::<Vec<_>>());
}

#[test]
fn an_input_must_exist() {
    let mut graph = ground();
    let op = Op::Contents { file: output(2, Slot::Main) };
    assert_eq!(graph.add(op, None, Hints::default()), Err(GraphError::UnknownInput(NodeId(2))));
    assert_eq!(graph.len(), 2);
}

#[test]
fn reachable_is_topological_and_nothing_else() {
    let mut graph = ground();
    let subdir = |node, path: &str| Op::Subdir { tree: output(node, Slot::Main), path: Arg::text(path) };
    let a = graph.add(subdir(0, "a"), None, Hints::default()).unwrap();
    let _unused = graph.add(subdir(1, "b"), None, Hints::default()).unwrap();
    let c = graph.add(subdir(a.0, "c"), None, Hints::default()).unwrap();
    assert_eq!(graph.reachable(&[output(c.0, Slot::Main), output(99, Slot::Main)]), [NodeId(0), a, c]);
    assert_eq!(graph.reachable(&[]), []);
}

/// These digests stand in stores: when one changes, so must the version of the encoding.
#[test]
fn digests_are_stable() {
    let ops = [
        Op::Empty,
        Op::HostDir(HostDir { path: ".".into(), include: vec![], exclude: vec![".git".into()] }),
        Op::Guard { exec: output(1, Slot::Main), success: vec![0, 2] },
        Op::Apply {
            function: "concat".into(),
            args: vec![
                Arg::text("a"),
                Arg::Output(output(0, Slot::Mount(3))),
                Arg::Const(Datum::Optional(None)),
            ],
        },
        Op::Exec(Box::new(Exec {
            root: output(1, Slot::Main),
            image: None,
            mounts: vec![Mount { path: "/src".into(), shown: Mounted::Tree(output(0, Slot::Main)) }],
            argv: vec![Arg::text("cc")],
            env: [("A", Arg::text("1"))].into_iter().collect(),
            unset_env: Vec::new(),
            volatile_env: Vec::new(),
            workdir: "/src".into(),
            user: Some("1000".into()),
            platform: "linux/amd64".into(),
            network: Network::Off,
            stdin: None,
            services: Vec::new(),
            secrets: Vec::new(),
            ssh_agent: false,
            allow_secret_in: Vec::new(),
            privileged: false,
        })),
    ];
    let digests: Vec<String> = ops.iter().map(|op| digest(op).to_string()[..16].to_owned()).collect();
    assert_eq!(
        digests,
        ["8631d2335aabd706", "1b57e7420bed0136", "47640fdb08abc387", "6f5beaf973e4419d", "1084c6f7f880456f"]
    );
}
