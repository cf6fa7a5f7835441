//! `privileged:` gives a step every capability in its namespaces, when its user allows that.

use crate::harness::World;

const PROGRAM: &str = r#"
fn prepared() -> Container { tools.run(["true"], network: Off) }
pub fn nested() -> String {
  prepared().run(sh"""
    mount -t tmpfs none /mnt
    echo of the step > /mnt/file
    ip link add x type dummy 2> /dev/null || ip link add x type veth peer name y
    unshare --user --map-root-user --mount --pid --fork --mount-proc sh -c '
      mount -t tmpfs none /opt
      echo "process $$, $(ls /opt | wc -l) files"
      mount --bind /mnt /opt
      cat /opt/file
      ! umount /mnt 2> /dev/null
    '
    hostname nested
    hostname
  """, privileged: true, network: Off).stdout
}
pub fn capabilities(privileged: Bool = false) -> String {
  prepared().run(sh"grep -E '^Cap(Eff|Bnd):' /proc/self/status | cut -f2", privileged: privileged, network: Off).stdout
}
pub fn apart() -> String {
  prepared()
    .run(sh"""
      for limit in /proc/sys/user/max_*_namespaces; do echo 0 > $limit || true; done
      mount -t binfmt_misc none /mnt && echo ':all:M::\\x7fELF::/bin/false:F' > /mnt/register || true
      mount -o remount,bind,rw /etc/hosts && echo 127.0.0.1 elsewhere >> /etc/hosts || true
    """, privileged: true)
    .run(sh"grep -c elsewhere /etc/hosts || echo as it was")
    .stdout
}
pub fn beside_host() -> String {
  prepared().run(sh"""
    readlink /proc/self/ns/net
    ls /sys/class/net /sys/fs/cgroup
    mount -o remount,bind,rw /sys
    echo 1 > /sys/kernel/rcu_expedited && echo wrote || true
    mount -t sysfs none /mnt 2> /dev/null || echo "no other /sys"
    ip link add x type dummy 2> /dev/null || echo "no link"
    unshare --net ip link set lo up && echo "a network of its own"
  """, privileged: true, network: Host).stdout
}
let server = """
  import socket, threading
  def tell():
      packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      packets.bind(("", 7000))
      while True:
          packets.sendto(b"a packet\\n", packets.recvfrom(9)[1])
  threading.Thread(target=tell, daemon=True).start()
  listener = socket.create_server(("", 7000))
  while True:
      connection, _ = listener.accept()
      connection.sendall(b"a line\\n")
      connection.close()
  """
let client = """
  import socket
  for name in ["counter", "127.0.0.1", "counter"]:
      print(socket.create_connection((name, 7000), 5).makefile().readline().strip())
  packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  packets.settimeout(5)
  packets.sendto(b"?", ("counter", 7000))
  print(packets.recv(99).decode().strip())
  try:
      socket.create_connection(("counter", 7001), 5)
  except OSError as error:
      print(error.strerror)
  """
fn counter() -> Service { tools.expose(7000).service(command: ["python3", "-c", server]) }
fn talks(privileged: Bool, service: Service) -> String {
  let bound = tools.bind("counter", service, localhost: true)
  let nested = sh"unshare --user --map-root-user --mount true 2> /dev/null && echo privileged || true; python3 -c \"$CLIENT\""
  bound.env("CLIENT", client).run(nested, privileged: privileged, network: Off).stdout
}
pub fn with_service() -> String { talks(true, counter()) }
pub fn shared() -> String {
  let service = counter().shared()
  talks(true, service) + talks(false, service)
}
pub fn afterwards() -> String {
  prepared()
    .run(["true"], privileged: true, network: Off)
    .run(sh"mount -t tmpfs none /mnt 2> /dev/null || echo refused", network: Off)
    .stdout
}
"#;

#[test]
fn it_is_for_its_user_to_allow() {
    let world = World::tools(PROGRAM);
    world.run(["run", "nested"]).exits(2).says("the step is privileged").says("--allow privileged");
    world.run(["run", "capabilities", "--privileged"]).exits(2).says("--allow privileged");
    world.run(["run", "capabilities"]).success();
}

#[test]
fn what_a_nested_engine_needs_works() {
    let world = World::tools(PROGRAM);
    let printed = world.prints(["run", "--allow", "privileged", "nested"]);
    assert_eq!(printed, "process 1, 0 files\nof the step\nnested\n");
}

/// It is that step alone, and the same command with and without is two.
#[test]
fn no_other_step_is() {
    let world = World::tools(PROGRAM);
    let run = |more: &[&str]| {
        let command = ["run", "--allow", "privileged", "capabilities"];
        let printed = world.prints(command.iter().chain(more));
        printed.lines().map(|line| u64::from_str_radix(line, 16).unwrap()).collect::<Vec<_>>()
    };
    let usual = 0x8004_05fb;
    assert_eq!(run(&[]), [usual; 2]);
    let all = run(&["--privileged"]);
    // CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SYS_PTRACE.
    assert!(all.iter().all(|set| [21, 12, 19].iter().all(|bit| set >> bit & 1 == 1)), "{all:x?}");
    assert_eq!(run(&[]), [usual; 2]);
    assert_eq!(world.prints(["run", "--allow", "privileged", "afterwards"]), "refused\n");
}

/// What it may change of its user namespace no other step has.
#[test]
fn it_runs_apart() {
    let world = World::tools(PROGRAM);
    assert_eq!(world.prints(["run", "--allow", "privileged", "apart"]), "0\nas it was\n");
}

/// Its services run where those of all steps do, and it reaches them by sockets alone.
#[test]
fn it_reaches_its_services() {
    let world = World::tools(PROGRAM);
    let run = |target: &str| world.prints(["run", "--allow", "privileged", target]);
    let talk = "a line\na line\na line\na packet\nConnection refused\n";
    assert_eq!(run("with_service"), format!("privileged\n{talk}"));
    assert_eq!(run("shared"), format!("privileged\n{talk}{talk}"));
}

/// Of the host's network it has what every step there has; what it may do by its capabilities ends at its own namespaces.
#[test]
fn it_may_be_in_the_hosts_network() {
    let world = World::tools(PROGRAM);
    world.run(["run", "--allow", "privileged", "beside_host"]).exits(2).says("--allow net:host");
    let printed = world.prints(["run", "--allow", "privileged,net:host", "beside_host"]);
    // Nobody lives in the empty network; how long its loopback is listed after that is the kernel's.
    let printed = printed.replace("/sys/class/net:\nlo\n", "/sys/class/net:\n");
    let host = std::fs::read_link("/proc/self/ns/net").unwrap();
    let expected = "/sys/class/net:\n\n/sys/fs/cgroup:\nno other /sys\nno link\na network of its own\n";
    assert_eq!(printed, format!("{}\n{expected}", host.display()));
}
